"""Network: the VPC, three zones of public, private and database subnets, and what may pass between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from troposphere import AWSHelperFn, Equals, If, Ref, Select, Tags, Template, ec2

from templates import names, permissions_boundary
from templates.network import default_security_group, endpoints, flow_logs, security_groups
from templates.settings import (
    AvailabilityZones,
    DynamodbPrefixListId,
    EnvironmentSuffix,
    InterfaceEndpoints,
    LogRetentionDays,
    NatGateways,
    PermissionsBoundaryArn,
    S3PrefixListId,
)
from templates.wires import KeyArn, SecurityGroupId, SubnetIds, VpcId

# What the three zones are called in logical ids, in the order in which the setting names them.
ZONES = ("A", "B", "C")
# Whether each zone has a NAT gateway of its own, or all share the first zone's.
NAT_IN_EACH_ZONE = "NatGatewayInEachZone"

ANYWHERE = "0.0.0.0/0"


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """What network needs from the layers before it."""

    environment_suffix: EnvironmentSuffix
    permissions_boundary_arn: PermissionsBoundaryArn
    availability_zones: AvailabilityZones
    nat_gateways: NatGateways
    interface_endpoints: InterfaceEndpoints
    s3_prefix_list_id: S3PrefixListId
    dynamodb_prefix_list_id: DynamodbPrefixListId
    log_retention_days: LogRetentionDays
    logs_key_arn: KeyArn


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """What network offers to the layers after it."""

    vpc_id: VpcId
    private_subnet_ids: SubnetIds
    database_subnet_ids: SubnetIds
    function_security_group_id: SecurityGroupId
    gateway_security_group_id: SecurityGroupId
    database_security_group_id: SecurityGroupId


@dataclass(frozen=True)
class Tier:
    """Subnets of one kind: /24 blocks of the VPC, counted from `first`, one for each zone."""

    name: str
    first: int


PUBLIC = Tier("Public", first=0)
PRIVATE = Tier("Private", first=3)
DATABASE = Tier("Database", first=6)


def build(template: Template, given: Inputs) -> Outputs:
    """Add the VPC, its subnets and their ways out, then what guards and watches the traffic."""
    endpoints.declare(template, given.interface_endpoints)
    template.add_condition(NAT_IN_EACH_ZONE, Equals(given.nat_gateways, "3"))
    network = template.add_resource(vpc())
    public = add_subnets(template, PUBLIC, network, given.availability_zones)
    private = add_subnets(template, PRIVATE, network, given.availability_zones)
    database = add_subnets(template, DATABASE, network, given.availability_zones)
    gateways = add_nat_gateways(template, network, public)
    private_tables = add_private_routes(template, network, private, gateways)
    add_isolation(template, network, database)
    groups = security_groups.add(template, network, given.s3_prefix_list_id, given.dynamodb_prefix_list_id)
    default_security_group.close(template, network)
    endpoints.add_gateways(template, network, private_tables)
    endpoints.add_interfaces(template, network, private, groups.endpoint)
    flow_logs.add(template, network, given.log_retention_days, given.logs_key_arn)
    permissions_boundary.put_on_roles(template, given.permissions_boundary_arn)
    return Outputs(
        vpc_id=VpcId(Ref(network)),
        private_subnet_ids=SubnetIds.of([Ref(each) for each in private]),
        database_subnet_ids=SubnetIds.of([Ref(each) for each in database]),
        function_security_group_id=SecurityGroupId(Ref(groups.function)),
        gateway_security_group_id=SecurityGroupId(Ref(groups.gateway)),
        database_security_group_id=SecurityGroupId(Ref(groups.database)),
    )


def vpc() -> ec2.VPC:
    """The VPC; interface endpoints need both kinds of DNS to answer in place of the public names."""
    return ec2.VPC(
        "Vpc",
        CidrBlock="10.0.0.0/16",
        EnableDnsHostnames=True,
        EnableDnsSupport=True,
        InstanceTenancy="default",
        Tags=Tags(Name=names.named("payment-vpc")),
    )


def add_subnets(
    template: Template, tier: Tier, network: ec2.VPC, zones: AvailabilityZones
) -> Sequence[ec2.Subnet]:
    """Add the subnets of `tier`, in the order of the zones."""
    return [template.add_resource(subnet(tier, index, network, zones)) for index in range(len(ZONES))]


def subnet(tier: Tier, index: int, network: ec2.VPC, zones: AvailabilityZones) -> ec2.Subnet:
    """The subnet of `tier` in the zone at `index`."""
    zone = ZONES[index]
    return ec2.Subnet(
        f"{tier.name}Subnet{zone}",
        VpcId=Ref(network),
        CidrBlock=f"10.0.{tier.first + index}.0/24",
        AvailabilityZone=Select(index, zones),
        # In public subnets too: what lives there, the NAT gateways, has Elastic IPs.
        MapPublicIpOnLaunch=False,
        Tags=Tags(
            Name=names.named(f"payment-{tier.name.lower()}-{zone.lower()}"),
            Group=names.named(tier.name),
            Type=tier.name,
        ),
    )


def add_nat_gateways(
    template: Template, network: ec2.VPC, public: Sequence[ec2.Subnet]
) -> Sequence[ec2.NatGateway]:
    """Add the public subnets' way to the internet, and a NAT gateway in each, or in the first only."""
    door = template.add_resource(internet_gateway())
    attached = template.add_resource(internet_attachment(network, door))
    gateways: list[ec2.NatGateway] = []
    for zone, home in zip(ZONES, public, strict=True):
        table = template.add_resource(
            route_table(f"PublicRouteTable{zone}", f"payment-public-{zone}", network)
        )
        template.add_resource(routing(home, table))
        template.add_resource(internet_route(zone, table, door, attached))
        address = template.add_resource(nat_address(zone, attached))
        gateway = template.add_resource(nat_gateway(zone, home, address))
        if gateways:
            address.Condition = gateway.Condition = NAT_IN_EACH_ZONE
        gateways.append(gateway)
    return gateways


def add_private_routes(
    template: Template,
    network: ec2.VPC,
    private: Sequence[ec2.Subnet],
    gateways: Sequence[ec2.NatGateway],
) -> Sequence[ec2.RouteTable]:
    """Add the private subnets' way out, each through the NAT gateway of its own zone, if it has one."""
    first, tables = gateways[0], []
    for zone, home, gateway in zip(ZONES, private, gateways, strict=True):
        table = template.add_resource(
            route_table(f"PrivateRouteTable{zone}", f"payment-private-{zone}", network)
        )
        template.add_resource(routing(home, table))
        way_out = Ref(gateway) if gateway is first else If(NAT_IN_EACH_ZONE, Ref(gateway), Ref(first))
        template.add_resource(nat_route(zone, table, way_out))
        tables.append(table)
    return tables


def add_isolation(template: Template, network: ec2.VPC, database: Sequence[ec2.Subnet]) -> None:
    """Give the database subnets a table without a way out; the VPC's main table might get one."""
    table = template.add_resource(route_table("DatabaseRouteTable", "payment-database", network))
    for home in database:
        template.add_resource(routing(home, table))


def internet_gateway() -> ec2.InternetGateway:
    """The VPC's way to the internet."""
    return ec2.InternetGateway("InternetGateway", Tags=Tags(Name=names.named("payment-vpc")))


def internet_attachment(network: ec2.VPC, door: ec2.InternetGateway) -> ec2.VPCGatewayAttachment:
    """The internet gateway's place in the VPC."""
    return ec2.VPCGatewayAttachment("InternetAttachment", VpcId=Ref(network), InternetGatewayId=Ref(door))


def route_table(title: str, role: str, network: ec2.VPC) -> ec2.RouteTable:
    """A table that routes within the VPC, and nowhere else until a route is added."""
    return ec2.RouteTable(title, VpcId=Ref(network), Tags=Tags(Name=names.named(role.lower())))


def routing(home: ec2.Subnet, table: ec2.RouteTable) -> ec2.SubnetRouteTableAssociation:
    """Route what leaves the subnet `home` by `table`."""
    return ec2.SubnetRouteTableAssociation(
        f"{home.title}Routing", SubnetId=Ref(home), RouteTableId=Ref(table)
    )


def internet_route(
    zone: str, table: ec2.RouteTable, door: ec2.InternetGateway, attached: ec2.VPCGatewayAttachment
) -> ec2.Route:
    """The way out of a public subnet."""
    return ec2.Route(
        f"InternetRoute{zone}",
        RouteTableId=Ref(table),
        DestinationCidrBlock=ANYWHERE,
        GatewayId=Ref(door),
        # EC2 takes no route to an internet gateway that is not attached.
        DependsOn=attached,
    )


def nat_address(zone: str, attached: ec2.VPCGatewayAttachment) -> ec2.EIP:
    """The address that functions of the zone have on the internet."""
    return ec2.EIP(
        f"NatAddress{zone}",
        Domain="vpc",
        # EC2 does not detach the internet gateway while the VPC holds a public address.
        DependsOn=attached,
        Tags=Tags(Name=names.named(f"payment-nat-{zone.lower()}")),
    )


def nat_gateway(zone: str, home: ec2.Subnet, address: ec2.EIP) -> ec2.NatGateway:
    """A NAT gateway in the zone; where each has one, a zone that is lost takes no other's way out with it."""
    return ec2.NatGateway(
        f"NatGateway{zone}",
        SubnetId=Ref(home),
        AllocationId=address.get_att("AllocationId"),
        Tags=Tags(Name=names.named(f"payment-nat-{zone.lower()}")),
    )


def nat_route(zone: str, table: ec2.RouteTable, gateway: AWSHelperFn) -> ec2.Route:
    """The way out of a private subnet."""
    return ec2.Route(
        f"NatRoute{zone}",
        RouteTableId=Ref(table),
        DestinationCidrBlock=ANYWHERE,
        NatGatewayId=gateway,
    )
