"""Places that sealed backups are carried to: an object store, and another host by rclone."""
