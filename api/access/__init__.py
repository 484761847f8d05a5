"""Access: who asks (`actor`), what they may do and where (`authority`, `policy`), how we know."""
