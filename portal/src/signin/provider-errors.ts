// Why signing in elsewhere came to nothing, as the server tells it in the address that it leads back to.

export const PROVIDER_ERRORS = ["unavailable", "refused", "denied", "expired", "unverified_email", "registration_closed"] as const;
