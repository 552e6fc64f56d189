"""What happens at night: backup, restore, and a hub on hold."""
