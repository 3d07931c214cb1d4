import * as z from 'zod'
import { operation } from './operation.ts'
import { commandId, deviceText, teamText } from './shapes.ts'

/** The operator insists, although another copy of this device may know more (`TEAM.md` 6). */
const force = () => z.boolean().default(false)

/** What became of it in each team of this device; a team that could not take it yet takes it as soon as it can. */
const changes = () =>
  z.array(z.object({ team: z.string(), command: z.string().nullable(), code: z.string().nullable() }))

export const deviceKeysOperations = {
  'devices.add-key': operation({
    summary: 'Makes a new signing and a new encryption key for this device, and announces them in all its teams.',
    right: 'admin:team',
    input: () => z.strictObject({}),
    output: () =>
      z.object({
        device: z.string(),
        sequence: z.number(),
        signingKey: z.string(),
        encryptionKey: z.string(),
        teams: changes(),
      }),
  }),
  'devices.retire-key': operation({
    summary: 'Retires a key: of this device in all its teams, of another device in one team.',
    right: 'admin:team',
    input: () =>
      z.strictObject({
        team: teamText(),
        /** Absent: this device. */
        device: deviceText().optional(),
        /** Hex of the public key, or the first 8 digits or more. */
        key: z.string().min(8).max(64),
        compromised: z.boolean().default(false),
        force: force(),
      }),
    output: () =>
      z.object({
        device: z.string(),
        key: z.string(),
        reason: z.enum(['rotated', 'compromised']),
        teams: changes(),
      }),
  }),
  'teams.rotate-key': operation({
    summary: 'A new epoch key for the present members; what is sealed from now on opens for them alone.',
    right: 'admin:team',
    input: () => z.strictObject({ team: teamText(), force: force() }),
    output: () => commandId().extend({ epoch: z.string(), recipients: z.number() }),
  }),
}
