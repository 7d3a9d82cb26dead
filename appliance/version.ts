/** The version of the package; the same as in package.json and debian/changelog, which a test compares. */
export const VERSION = "0.1.0";
