"""The wire: RunComfy's Model API over httpx. No httpx type leaves this package."""
