"""What a stack imports: custom images and the hosts started from them, as Pulumi resources."""
