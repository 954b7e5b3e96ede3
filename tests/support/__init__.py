"""What the judges written in Python share: a running Portico, its mailbox, a caller, a database of its own."""
