"""What a new site needs once its first page can be had: a staff account, and a catalogue."""

import secrets

import django

ACCOUNT = "admin"


def main() -> None:
    """Nothing happens where both are there already."""
    django.setup()
    create_first_account()
    start_first_harvest()


def create_first_account() -> None:
    """Make a staff account where there is none, and print its password: it is stored hashed only."""
    from django.contrib.auth import get_user_model

    accounts = get_user_model().objects
    if accounts.filter(is_staff=True).exists() or accounts.filter(username=ACCOUNT).exists():
        return
    password = secrets.token_urlsafe(12)
    accounts.create_superuser(ACCOUNT, password=password)
    print(f"First staff account for /admin/: {ACCOUNT}, password {password} (shown only this once)")


def start_first_harvest() -> None:
    """Queue the harvest of every source when the catalogue is empty."""
    from django.core.management import call_command

    call_command("harvest", if_empty=True, background=True)


if __name__ == "__main__":
    main()
