from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from chain import rpc, signers
from chain.ledger import desks, registry
from chain.txm import reconciling


class Command(BaseCommand):
    help = "Show the signing account as the chain sees it; with --resume, end its halt."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--resume", action="store_true", help="go on from the chain's count")

    def handle(self, *args: Any, **options: Any) -> None:
        network = registry.network()
        if network.is_simulated:
            raise CommandError("No EVM chain is configured.")
        try:
            account = reconciling.inspect(desks.desk(network))
        except (rpc.NodeUnavailable, rpc.NodeRefused, signers.NoSigner) as error:
            raise CommandError(str(error)) from error
        sender = account.sender
        unknown = ", ".join(map(str, account.unknown)) or "none"
        self.stdout.write(f"account        {sender.address} on chain {sender.chain_id}")
        self.stdout.write(f"next nonce     {sender.next_nonce} here, {account.counted} on chain")
        self.stdout.write(f"unknown nonces {unknown}")
        self.stdout.write(f"halted         {sender.halted or 'no'}")
        if options["resume"]:
            is_done = reconciling.resume(account)
            self.stdout.write("goes on" if is_done else "it was not halted")
