"""What a till's export says: lines from bytes, values from text, customers by day. No engine, no file, no clock."""
