import * as z from 'zod'
import { operation } from './operation.ts'

const scope = () => z.string().max(512)
const changed = () =>
  z.object({
    /** As it was typed. */
    scope: z.string(),
    /** The whole first-level object with its defaults. */
    settings: z.unknown(),
    /** The same as YAML, as `ax settings set` prints it. */
    text: z.string(),
    /** Paths whose value changed; with dryRun: would change. */
    changes: z.array(z.object({ path: z.string(), before: z.unknown(), after: z.unknown() })),
    dryRun: z.boolean(),
    /** What the person should know: when it takes effect, what was closed. */
    notices: z.array(z.string()),
  })

export const settingsOperations = {
  'settings.get': operation({
    summary: 'The settings at a scope, with defaults unless told otherwise.',
    right: 'admin:read',
    input: () => z.strictObject({ scope: scope(), defaults: z.boolean().default(true) }),
    output: () => z.object({ scope: z.string(), settings: z.unknown(), text: z.string() }),
  }),
  'settings.set': operation({
    summary: 'Replaces the settings at a scope.',
    right: 'admin:settings',
    input: () =>
      z.strictObject({
        scope: scope(),
        value: z.unknown(),
        /** The value as it was typed, where the schema wants text and YAML would read a number. */
        typed: z.string().max(262_144).optional(),
        dryRun: z.boolean().default(false),
        force: z.boolean().default(false),
      }),
    output: changed,
  }),
  'settings.unset': operation({
    summary: 'Removes what was set at a scope; the default counts again.',
    right: 'admin:settings',
    input: () =>
      z.strictObject({ scope: scope(), dryRun: z.boolean().default(false), force: z.boolean().default(false) }),
    output: changed,
  }),
  'settings.import': operation({
    summary: "Takes over a whole settings document, also of the seeds' family.",
    right: 'admin:settings',
    input: () =>
      z.strictObject({
        text: z.string().max(262_144),
        dryRun: z.boolean().default(false),
        force: z.boolean().default(false),
      }),
    output: changed,
  }),
  'settings.schema': operation({
    summary: 'The JSON Schema (2020-12) of a scope.',
    right: 'admin:read',
    input: () => z.strictObject({ scope: scope().optional() }),
    output: () => z.object({ scope: z.string(), schema: z.record(z.string(), z.unknown()) }),
  }),
  'settings.scopes': operation({
    summary: 'Every scope with type, default and one line of help.',
    right: 'admin:read',
    input: () => z.strictObject({}),
    output: () =>
      z.object({
        scopes: z.array(
          z.object({
            scope: z.string(),
            type: z.string(),
            default: z.unknown(),
            summary: z.string(),
            effect: z.string(),
          }),
        ),
      }),
  }),
}

const authorizedKey = () =>
  z.object({
    key: z.string(),
    role: z.string(),
    comment: z.string().optional(),
    expires: z.string().optional(),
    from: z.array(z.string()).optional(),
    usable: z.boolean(),
    you: z.boolean(),
  })

export const keysOperations = {
  'keys.authorize': operation({
    summary: 'Lets a key administer this node.',
    right: 'admin:keys',
    input: () =>
      z.strictObject({
        /** `[options ]KEY[ comment]`, as in authorized_keys of OpenSSH. */
        entry: z.string().min(1).max(8_192),
        role: z.enum(['admin', 'editor', 'reader']).optional(),
        comment: z.string().max(512).optional(),
        expires: z.string().max(64).optional(),
        from: z.array(z.string().max(64)).max(64).optional(),
        force: z.boolean().default(false),
      }),
    output: () => z.object({ key: authorizedKey(), added: z.boolean() }),
  }),
  'keys.deauthorize': operation({
    summary: 'Takes that back; live sessions of the key are cut.',
    right: 'admin:keys',
    input: () => z.strictObject({ key: z.string().min(1).max(512), force: z.boolean().default(false) }),
    output: () => z.object({ key: z.string(), removed: z.boolean(), sessionsCut: z.number() }),
  }),
  'keys.authorized': operation({
    summary: 'The keys that may administer this node.',
    right: 'admin:read',
    input: () => z.strictObject({}),
    output: () => z.object({ requireAuthentication: z.boolean(), keys: z.array(authorizedKey()) }),
  }),
}
