"""What tests know of AWS: its service models, and a CloudFormation that behaves as documented."""
