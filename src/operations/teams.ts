import * as z from 'zod'
import { operation } from './operation.ts'
import { addressText, commandId, deviceText, epochsGiven, nothing, teamText, time } from './shapes.ts'

export const memberShape = () =>
  z.object({
    device: z.string(),
    peer: z.string(),
    name: z.string(),
    role: z.string(),
    rank: z.number(),
    generation: z.number(),
    addedBy: z.string().nullable(),
    you: z.boolean(),
    connected: z.boolean(),
  })

const teamShape = () =>
  z.object({
    team: z.string(),
    /** Empty while nothing has been synced. */
    name: z.string(),
    state: z.enum(['open', 'closed', 'not-synced']),
    role: z.string().nullable(),
    members: z.number(),
    commands: z.number(),
    heads: z.array(z.string()),
    stateHash: z.string(),
    warnings: z.array(z.string()),
  })

/** The operator insists, although another copy of this device may know more (`TEAM.md` 6). */
const force = () => z.boolean().default(false)

export const teamsOperations = {
  'teams.create': operation({
    summary: 'A new team, owned by this device.',
    right: 'admin:team',
    input: () =>
      z.strictObject({
        name: z.string().min(1).max(128).default('team'),
        deviceName: z.string().min(1).max(128).optional(),
      }),
    output: () => z.object({ team: z.string(), name: z.string(), device: z.string() }),
  }),
  'teams.close': operation({
    summary: 'Closes a team for good.',
    right: 'admin:team',
    input: () => z.strictObject({ team: teamText(), reason: z.string().max(128).optional(), force: force() }),
    output: commandId,
  }),
  'teams.add': operation({
    summary: 'Starts keeping an existing team; it is filled by sync.',
    right: 'admin:team',
    input: () => z.strictObject({ team: z.string().min(1).max(128) }),
    output: () => z.object({ team: z.string(), added: z.boolean() }),
  }),
  'teams.remove': operation({
    summary: 'Deletes the local copy of a team. It does not leave the team.',
    right: 'admin:team',
    input: () => z.strictObject({ team: z.string().min(1).max(128), force: force() }),
    output: () => z.object({ team: z.string(), removed: z.boolean() }),
  }),
  'teams.ls': operation({
    summary: 'The teams this node keeps.',
    right: 'admin:read',
    input: nothing,
    output: () => z.object({ teams: z.array(teamShape()) }),
  }),
  'teams.show': operation({
    summary: 'One team: members, roles, heads, state hash.',
    right: 'admin:read',
    input: () => z.strictObject({ team: teamText() }),
    output: () =>
      teamShape().extend({
        devices: z.array(memberShape()),
        /** True where nothing is sealed for the team until somebody has rotated the epoch key. */
        rotationPending: z.boolean(),
        /** In replay order. `sealing`: data is sealed with it now; `readable`: this node has its secret. */
        epochs: z.array(
          z.object({ epoch: z.string(), recipients: z.number(), sealing: z.boolean(), readable: z.boolean() }),
        ),
      }),
  }),
  'teams.log': operation({
    summary: 'The commands of a team, oldest first, each with its verdict.',
    right: 'admin:read',
    input: () =>
      z.strictObject({
        team: teamText(),
        last: z.number().int().min(1).max(1_000_000).optional(),
        /** Where to go on: `next` of the answer before. */
        from: z.number().int().min(0).optional(),
      }),
    output: () =>
      z.object({
        team: z.string(),
        /** Where to go on; null where that was all. One answer holds what fits a frame. */
        next: z.number().nullable(),
        commands: z.array(
          z.object({
            command: z.string(),
            kind: z.string(),
            author: z.string(),
            authorName: z.string(),
            at: time(),
            depth: z.number(),
            parents: z.array(z.string()),
            verdict: z.string(),
            code: z.string().nullable(),
            why: z.string().nullable(),
            by: z.string().nullable(),
            summary: z.string(),
          }),
        ),
      }),
  }),
  'teams.verify': operation({
    summary: 'Reads all commands of a team from the disk again, verifies every signature, and computes the state anew.',
    right: 'admin:read',
    input: () => z.strictObject({ team: teamText() }),
    output: () =>
      z.object({
        team: z.string(),
        commands: z.number(),
        checks: z.number(),
        stateHash: z.string(),
        /** True where the slow rules were asked as well: teams of few commands. */
        byReference: z.boolean(),
      }),
  }),
}

export const devicesOperations = {
  'devices.id': operation({
    summary: "This node's device id and PeerId.",
    right: 'admin:read',
    input: nothing,
    output: () => z.object({ device: z.string(), peer: z.string() }),
  }),
  'devices.keybundle': operation({
    summary: "This device's public key bundle, to be handed to an owner or operator.",
    right: 'admin:read',
    input: () => z.strictObject({ format: z.enum(['text', 'json', 'cbor']).default('text') }),
    /** `cbor` comes as base64. */
    output: () => z.object({ device: z.string(), peer: z.string(), format: z.string(), bundle: z.string() }),
  }),
  'devices.add': operation({
    summary: 'Adds a device to the team by its key bundle.',
    right: 'admin:team',
    input: () =>
      z.strictObject({
        team: teamText(),
        bundle: z.string().min(1).max(65_536),
        name: z.string().min(1).max(128),
        role: z.string().min(1).max(128).default('user'),
        epochs: epochsGiven(),
        force: force(),
      }),
    output: () => commandId().extend({ device: z.string(), peer: z.string() }),
  }),
  'devices.remove': operation({
    summary: 'Removes a device; its live connections end on every node.',
    right: 'admin:team',
    input: () => z.strictObject({ team: teamText(), device: deviceText(), force: force() }),
    output: () => commandId().extend({ device: z.string(), cut: z.number(), ms: z.number() }),
  }),
  'devices.ls': operation({
    summary: 'The devices of a team.',
    right: 'admin:read',
    input: () => z.strictObject({ team: teamText() }),
    output: () => z.object({ team: z.string(), devices: z.array(memberShape()) }),
  }),
  'devices.show': operation({
    summary: 'One device.',
    right: 'admin:read',
    input: () => z.strictObject({ team: teamText(), device: deviceText() }),
    output: () =>
      memberShape().extend({
        team: z.string(),
        signingKeys: z.array(z.string()),
        encryptionKeys: z.array(z.string()),
        permissions: z.array(z.string()),
        labels: z.array(z.object({ label: z.string(), op: z.string() })),
        networkName: z.string().nullable(),
      }),
  }),
}

const permissionOfRole = () =>
  z.strictObject({
    team: teamText(),
    role: z.string().min(1).max(128),
    permission: z.string().min(1).max(128),
    force: force(),
  })

export const rolesOperations = {
  'roles.assign': operation({
    summary: 'Gives a device a role.',
    right: 'admin:team',
    input: () =>
      z.strictObject({ team: teamText(), device: deviceText(), role: z.string().min(1).max(128), force: force() }),
    output: () => commandId().extend({ device: z.string(), role: z.string() }),
  }),
  'roles.revoke': operation({
    summary: 'Takes a role from a device; it falls to sync-role.',
    right: 'admin:team',
    input: () =>
      z.strictObject({ team: teamText(), device: deviceText(), role: z.string().min(1).max(128), force: force() }),
    output: () => commandId().extend({ device: z.string(), role: z.string() }),
  }),
  'roles.create': operation({
    summary: 'Defines a role: a name, a rank, a set of permissions.',
    right: 'admin:team',
    input: () =>
      z.strictObject({
        team: teamText(),
        role: z.string().min(1).max(128),
        rank: z.number().int(),
        permissions: z.array(z.string().min(1).max(128)).max(64).default([]),
        force: force(),
      }),
    output: () => commandId().extend({ role: z.string() }),
  }),
  'roles.delete': operation({
    summary: 'Deletes a role that no device holds.',
    right: 'admin:team',
    input: () => z.strictObject({ team: teamText(), role: z.string().min(1).max(128), force: force() }),
    output: () => commandId().extend({ role: z.string() }),
  }),
  'roles.add-permission': operation({
    summary: 'Adds a permission to a custom role.',
    right: 'admin:team',
    input: permissionOfRole,
    output: () => commandId().extend({ role: z.string(), permission: z.string() }),
  }),
  'roles.remove-permission': operation({
    summary: 'Takes a permission from a custom role.',
    right: 'admin:team',
    input: permissionOfRole,
    output: () => commandId().extend({ role: z.string(), permission: z.string() }),
  }),
  'roles.ls': operation({
    summary: 'The roles of a team: rank, permissions, holders.',
    right: 'admin:read',
    input: () => z.strictObject({ team: teamText() }),
    output: () =>
      z.object({
        team: z.string(),
        roles: z.array(
          z.object({
            role: z.string(),
            rank: z.number(),
            permissions: z.array(z.string()),
            builtin: z.boolean(),
            holders: z.number(),
          }),
        ),
      }),
  }),
}

export const syncOperations = {
  'sync.add': operation({
    summary: 'A peer to sync a team with, at a rate.',
    right: 'admin:team',
    input: () =>
      z.strictObject({
        team: teamText(),
        address: addressText(),
        rateSeconds: z.number().min(1).max(86_400).optional(),
      }),
    output: () => z.object({ team: z.string(), address: z.string(), added: z.boolean() }),
  }),
  'sync.remove': operation({
    summary: 'No more syncing with that address.',
    right: 'admin:team',
    input: () => z.strictObject({ team: teamText(), address: addressText() }),
    output: () => z.object({ team: z.string(), address: z.string(), removed: z.boolean() }),
  }),
  'sync.now': operation({
    summary: 'Syncs with everybody who is connected, now.',
    right: 'admin:team',
    input: () => z.strictObject({ team: teamText() }),
    output: () => z.object({ team: z.string(), peers: z.number(), commands: z.number(), stateHash: z.string() }),
  }),
  'sync.ls': operation({
    summary: 'Sync peers and how far they are.',
    right: 'admin:read',
    input: () => z.strictObject({ team: teamText() }),
    output: () =>
      z.object({
        team: z.string(),
        peers: z.array(
          z.object({
            address: z.string(),
            rateSeconds: z.number(),
            connected: z.boolean(),
            lastAt: time().nullable(),
            problem: z.string().nullable(),
          }),
        ),
      }),
  }),
}
