"""Rules as the hub keeps them: asked, tried, tested, laid over past days, put into force."""
