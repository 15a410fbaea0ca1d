// What a new password has to be before it is sent; whether it is good enough says the server, and why not.
import * as z from "zod/mini";

export const passwordSchema = z.string().check(z.minLength(1, "required"), z.maxLength(1_024, "tooLong"));
