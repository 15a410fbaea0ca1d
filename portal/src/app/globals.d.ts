// Constants that the build puts in.

/** The version in package.json, which is the product's. */
declare const LARES_VERSION: string;
