// Constants that the build puts in.

/** The version in package.json, which is the product's. */
declare const __LARES_VERSION__: string;
