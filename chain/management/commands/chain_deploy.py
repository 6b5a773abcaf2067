from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from chain import deployment, rpc, signers


class Command(BaseCommand):
    help = (
        "Put a LeagueAnchor contract on the chain of CHAIN_RPC_URLS, with the configured signer."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--operator", help="who may write; default: the signer itself")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.CHAIN_RPC_URLS or not settings.CHAIN_ID:
            raise CommandError("Set CHAIN_RPC_URLS and CHAIN_ID first.")
        node = rpc.Node(settings.CHAIN_RPC_URLS, chain_id=settings.CHAIN_ID)
        try:
            signer = signers.signer()
            made = deployment.deploy(
                node=node,
                signer=signer,
                operator=(options["operator"] or signer.address).lower(),
                ceiling_gwei=settings.CHAIN_MAX_FEE_GWEI,
            )
        except (
            deployment.NotDeployed, rpc.NodeRefused, rpc.NodeUnavailable, signers.NoSigner,
            signers.SignerRefused, signers.SignerUnavailable,
        ) as error:  # fmt: skip
            raise CommandError(str(error)) from error
        self.stderr.write(f"deployed by {signer.address} in {made.transaction}, {made.gas} gas")
        self.stdout.write(f"CHAIN_CONTRACT={made.contract}")
