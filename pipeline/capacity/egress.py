"""Outside: the ways out of the network, and the payment gateway at their end."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.capacity.functions import works
from pipeline.capacity.limit import Limit
from pipeline.capacity.load import Load
from pipeline.evaluation.resolved import Deployed
from templates import names

NAT_CONNECTIONS = 55_000
# What a NAT gateway and an endpoint's network interface begin with; both grow by themselves to 100 Gbit/s.
NAT_BITS, ENDPOINT_BITS = 5e9, 10e9
BITS = 8


def limits(deployed: Deployed, load: Load) -> Iterator[Limit]:
    """Of NAT gateways, of interface endpoints, and of the payment gateway."""
    yield Limit(
        what="calls of the payment gateway a second",
        place="payment gateway",
        limit=load["gateway_rate"],
        need=lambda rate: rate * load.attempts * load["gateway_calls"],
        turn="ask Stripe for more (gateway_rate)",
        source="Stripe: Rate limits",
    )
    gateways = deployed.all("AWS::EC2::NatGateway")
    if gateways:
        charging = works(load)[names.PROCESSOR]
        yield Limit(
            what="connections to the payment gateway at once",
            place=gateways[0].place,
            limit=NAT_CONNECTIONS * len(gateways),
            # Little's law: each execution that charges keeps one.
            need=lambda rate: rate * charging.calls * charging.seconds,
            turn="further addresses of the NAT gateways, in templates/network",
            source="NAT gateway basics",
        )
        yield Limit(
            what="bits a second to and from the internet",
            place=gateways[0].place,
            limit=NAT_BITS * len(gateways),
            need=lambda rate: rate * load.attempts * load["gateway_bytes"] * BITS,
            turn="none at once: NAT gateways grow to 100 Gbit/s",
            source="NAT gateway basics",
        )
    interfaces = [
        each for each in deployed.all("AWS::EC2::VPCEndpoint") if each.text("VpcEndpointType") == "Interface"
    ]
    if interfaces:
        yield Limit(
            what="bits a second through the endpoints of one zone",
            place=interfaces[0].place,
            limit=ENDPOINT_BITS,
            need=lambda rate: rate * load["endpoint_bytes"] * BITS,
            turn="none at once: endpoints grow to 100 Gbit/s",
            source="AWS PrivateLink quotas",
        )
