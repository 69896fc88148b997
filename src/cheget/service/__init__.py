"""The desk that takes orders and answers, and the store beneath it."""
