"""Names in the workspace of an invented outdoor shop, or awkward variants of them for tests."""

from dataclasses import dataclass

# Name and type of an event; the API leaves out either one.
Event = tuple[str | None, str | None]
UNNAMED_EVENTS: tuple[Event, ...] = ((None, "PAGE"), (None, "IDENTIFY"), ("Legacy Import", None))
_THINGS = {
    "source": ("Web shop", "iOS app", "Android app", "Checkout service", "Stripe", "Zendesk",
               "Store tills", "Loyalty service", "Salesforce", "Newsletter"),
    "source integration": ("Javascript", "iOS", "Android", "Node.js", "Stripe", "Zendesk",
                           "HTTP API", "Ruby", "Salesforce", "Mailchimp"),
    "destination": ("Amplitude web", "Amplitude apps", "Braze lifecycle", "Braze transactional",
                    "GA4 web shop", "GA4 apps", "Meta conversions", "Meta catalogue",
                    "Slack order alerts", "Slack support", "HubSpot sales", "HubSpot wholesale",
                    "Customer.io newsletter", "Customer.io loyalty", "Order webhook",
                    "Returns webhook"),
    "destination integration": ("Amplitude", "Braze", "Google Analytics 4", "Facebook Conversions API", "Slack",
                                "HubSpot", "Customer.io", "Webhooks"),
    "warehouse": ("Analytics", "Finance reporting", "Marketing sandbox"),
    "warehouse integration": ("Snowflake", "Postgres", "BigQuery", "Redshift", "Databricks"),
    "group": ("Data platform", "Marketing", "Product analytics", "Customer support"),
    "audience": ("Repeat buyers", "Abandoned carts", "High spenders", "Newsletter readers"),
    "computed trait": ("Lifetime value", "Last order date", "Favourite category"),
    "space": ("Customers", "Wholesale partners", "Stores"),
    "function": ("Convert currency", "Mask e-mail addresses", "Add region", "Clean up names"),
    "model": ("Customers with open orders", "Loyalty members", "Wholesale accounts"),
    "other": ("Web shop", "Apps", "Orders", "Products", "Returns"),
}  # fmt: skip
DOMAIN = "alder-and-pine.example"
_SUFFIXES = ("production", "staging", "EU", "US", "development")
_GIVEN = ("Ana", "Ben", "Carla", "Dmitri", "Emma", "Farid", "Grace", "Hiro", "Ines", "Jonas",
          "Lena", "Marcus", "Nadia", "Oliver", "Priya", "Tom")  # fmt: skip
_FAMILY = ("Garcia", "Smith", "Lukas", "Miller", "Nguyen", "Okafor", "Rossi", "Tanaka", "Weber")
_EVENTS = (("Product Viewed", "TRACK"), ("Home", "PAGE"), ("Order Completed", "TRACK"),
           ("Home", "SCREEN"), ("Product Added", "TRACK"), ("Checkout Started", "TRACK"),
           ("Signed Up", "TRACK"), ("Cart", "SCREEN"), ("Order Refunded", "TRACK"))  # fmt: skip
# Types of audit events by type of resource.
_CHANGES = {
    "source": ("Source Modified", "Source Created", "Source Enabled"),
    "destination": ("Destination Enabled", "Destination Modified", "Destination Disabled"),
    "warehouse": ("Warehouse Modified",),
    "user": ("User Invited", "User Policy Updated"),
    "workspace": ("Workspace Settings Updated",),
}


@dataclass(frozen=True)
class Names:
    """Makes names; awkward ones have other alphabets and reserved characters, some are long."""

    awkward: bool = False

    def thing(self, kind: str, n: int) -> str:
        """The name of the nth thing of a kind, such as "source"."""
        found = _THINGS.get(kind, _THINGS["other"])
        lap, place = divmod(n, len(found))
        again, suffix = divmod(lap, len(_SUFFIXES))
        name = found[place] + (f" ({_SUFFIXES[suffix]}{again or ''})" if lap else "")
        if not self.awkward:
            return name
        return f"{name} Größe {n} 注文" + " do not delete, ask data team" * 8 * (n % 40 == 5)

    def person(self, n: int) -> str:
        """The name of the nth person."""
        name = f"{_GIVEN[n % len(_GIVEN)]} {_FAMILY[n // 3 % len(_FAMILY)]}"
        if not self.awkward:
            return name
        return f"{name} D'Íñiguez 王" + " de la Cruz y Montserrat" * 12 * (n % 50 == 11)

    def email(self, n: int) -> str:
        """The address of the nth person; no two persons share one."""
        local = Names().person(n).lower().replace(" ", ".")
        return f"{local}{n if n >= len(_GIVEN) else ''}@{DOMAIN}"

    def events(self) -> list[tuple[str, str]]:
        """Names and types of events; two may share a name."""
        return [(f"{name} / größe 100%?#" * self.awkward or name, kind) for name, kind in _EVENTS]

    def change(self, kind: str, number: int) -> str:
        """The type of an audit event about a type of resource."""
        found = _CHANGES[kind]
        return found[number % len(found)] + " Ü" * self.awkward

    @property
    def column(self) -> str:
        """The name of a column or property."""
        return "größe ü" if self.awkward else "size"
