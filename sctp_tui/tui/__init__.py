"""The screen: Textual widgets that show what the monitor holds, and send what the user wants."""
