"""Time limits: what is kept for so many days is removed by then, and looked for afterwards."""
