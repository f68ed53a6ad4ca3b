"""This project's own package of that name: the component's provider is elsewhere and does not mind."""
