import * as z from 'zod'
import { limits } from '../base/index.ts'
import { operation } from './operation.ts'
import { addressText, commandId, epochsGiven, teamText, time } from './shapes.ts'

const name = () => z.string().min(1).max(128)
const inviteText = () => z.string().min(1).max(128)
const daySeconds = 86_400

const inviteShape = () =>
  z.object({
    invite: z.string(),
    /** `used`: somebody joined by it, and there are uses left; `exhausted`: there are none. */
    status: z.enum(['open', 'used', 'exhausted', 'revoked', 'expired']),
    role: z.string(),
    labels: z.array(z.string()),
    uses: z.number(),
    maxUses: z.number(),
    expiresAt: time(),
    creator: z.string(),
    /** Devices that joined by it. */
    devices: z.array(z.string()),
  })

export const invitesOperations = {
  'invites.create': operation({
    summary: 'Makes an invite. The code is in this answer, and never again.',
    right: 'admin:team',
    input: () =>
      z.strictObject({
        team: teamText(),
        role: name().default('user'),
        labels: z.array(name()).max(limits.labelsPerDeviceMax).default([]),
        uses: z.number().int().min(1).max(limits.inviteUsesMax).default(1),
        expiresSeconds: z
          .number()
          .int()
          .min(1)
          .max(365 * daySeconds)
          .default(daySeconds),
        /** Who admits: a multiaddr with `/p2p/`; this node where there is none. */
        server: addressText().optional(),
        /** With the swarm key in the code; the caller needs the right `admin:keys`. */
        withKey: z.boolean().default(false),
        epochs: epochsGiven(),
        force: z.boolean().default(false),
      }),
    output: () =>
      commandId().extend({
        invite: z.string(),
        code: z.string(),
        role: z.string(),
        uses: z.number(),
        expiresAt: time(),
        server: z.string(),
        notices: z.array(z.string()),
      }),
  }),
  'invites.poll': operation({
    summary: 'How an invite stands, and which devices joined by it.',
    right: 'admin:read',
    input: () => z.strictObject({ team: teamText(), invite: inviteText() }),
    output: () => inviteShape().extend({ team: z.string() }),
  }),
  'invites.revoke': operation({
    summary: 'Revokes an invite; devices that joined by it stay.',
    right: 'admin:team',
    input: () => z.strictObject({ team: teamText(), invite: inviteText(), force: z.boolean().default(false) }),
    output: () => commandId().extend({ invite: z.string() }),
  }),
  'invites.ls': operation({
    summary: 'The invites of a team.',
    right: 'admin:read',
    input: () => z.strictObject({ team: teamText() }),
    output: () => z.object({ team: z.string(), invites: z.array(inviteShape()) }),
  }),
  'invites.join': operation({
    summary: 'Joins a team by an invite code; answers once this device stands in the team by its own graph.',
    right: 'admin:team',
    input: () =>
      z.strictObject({
        code: z.string().min(1).max(4_096),
        /** What this device is called in the team; the node's name where there is none. */
        name: name().optional(),
        /** How long the server is tried again while it may yet answer otherwise. */
        waitSeconds: z.number().min(0).max(3_600).default(10),
      }),
    output: () => z.object({ team: z.string(), device: z.string(), role: z.string() }),
  }),
}
