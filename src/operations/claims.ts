import * as z from 'zod'
import { operation } from './operation.ts'
import { commandId, identityText, teamText, time } from './shapes.ts'

/** The operator insists, although another copy of this device may know more (`TEAM.md` 6). */
const force = () => z.boolean().default(false)
const ofOperator = () => z.strictObject({ team: teamText(), key: identityText(), force: force() })
const revokedShape = () =>
  z.object({
    /** Id of one token. */
    jti: z.string().nullable(),
    /** `0…=`: every token for this key. */
    key: z.string().nullable(),
    /** ... that was issued until then; none: an account, and all below it. */
    until: time().nullable(),
  })

export const claimsOperations = {
  'claims.trust': operation({
    summary: 'Tokens that chain to this operator count wherever the team governs.',
    right: 'admin:team',
    input: ofOperator,
    output: () => commandId().extend({ key: z.string() }),
  }),
  'claims.distrust': operation({
    summary: 'Takes that back; sessions that rest on it end.',
    right: 'admin:team',
    input: ofOperator,
    output: () => commandId().extend({ key: z.string() }),
  }),
  'claims.revoke': operation({
    summary: 'A token, or the tokens for a key, count no more. Never taken back.',
    right: 'admin:team',
    input: () =>
      z.strictObject({
        team: teamText(),
        /** Id of one token (`jti`), or a key in any form. */
        id: z.string().min(1).max(512),
        /** With a key: only tokens issued until then, ISO 8601. */
        until: time().optional(),
        force: force(),
      }),
    output: () => commandId().extend({ revoked: revokedShape() }),
  }),
  'claims.ls': operation({
    summary: 'The operators that a team trusts, and what it revoked.',
    right: 'admin:read',
    input: () => z.strictObject({ team: teamText() }),
    output: () =>
      z.object({
        team: z.string(),
        /** As `nkey` and as ax key. */
        operators: z.array(z.object({ nkey: z.string(), key: z.string() })),
        revoked: z.array(revokedShape()),
      }),
  }),
}
