"""The page: what people see and sign in a browser."""
