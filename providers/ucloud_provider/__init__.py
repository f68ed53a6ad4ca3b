"""The process Pulumi starts for these resources: CRUD, the image build, the cloud client."""
