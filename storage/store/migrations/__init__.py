"""The store's migrations, run by `storage.store.migrate`."""
