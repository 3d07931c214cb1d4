/** The version of this build; the build replaces it by that of package.json. */
declare const HYRAX_VERSION: string | undefined

export const version: string = typeof HYRAX_VERSION === 'string' ? HYRAX_VERSION : '0.1.0'
