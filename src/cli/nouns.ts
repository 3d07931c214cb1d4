import type { Noun } from './grammar.ts'

/** The command tree (`CLI.md` 3): names and summaries; verbs are loaded with the noun that is typed. */
export const nouns: readonly Noun[] = [
  {
    name: 'status',
    summary: 'one screen about the node',
    load: async () => (await import('./commands/status.ts')).statusLeaves,
  },
  {
    name: 'settings',
    summary: 'read and change the settings of a node',
    groups: { local: 'the settings of a stopped node, in its data directory' },
    load: async () => (await import('./commands/settings.ts')).settingsLeaves,
  },
  {
    name: 'swarms',
    summary: 'the private swarm: its key, its peers, your key pairs',
    load: async () => (await import('./commands/swarms.ts')).swarmsLeaves,
  },
  {
    name: 'keys',
    summary: 'your key pairs, and the keys that may administer a node',
    load: async () => (await import('./commands/keys.ts')).keysLeaves,
  },
  {
    name: 'hosts',
    summary: 'the nodes whose identity you have accepted',
    load: async () => (await import('./commands/hosts.ts')).hostsLeaves,
  },
  {
    name: 'nodes',
    summary: 'nodes: who is connected, who was refused and why',
    load: async () => (await import('./commands/nodes.ts')).nodesLeaves,
  },
  {
    name: 'pending',
    aliases: ['pendings'],
    summary: 'keys and peers that were refused lately',
    load: async () => (await import('./commands/pending.ts')).pendingLeaves,
  },
  {
    name: 'permissioned',
    summary: 'which peers may connect: the gate and its lists',
    load: async () => (await import('./commands/permissioned.ts')).permissionedLeaves,
  },
  {
    name: 'static',
    aliases: ['statics'],
    summary: 'peers that a node keeps connected',
    load: async () => (await import('./commands/permissioned.ts')).staticLeaves,
  },
  {
    name: 'teams',
    summary: 'teams: create, close, keep, look at',
    load: async () => (await import('./commands/teams.ts')).teamsLeaves,
  },
  {
    name: 'devices',
    summary: 'the devices of a team',
    load: async () => (await import('./commands/devices.ts')).devicesLeaves,
  },
  {
    name: 'roles',
    summary: 'the roles of devices in a team',
    load: async () => (await import('./commands/roles.ts')).rolesLeaves,
  },
  {
    name: 'labels',
    summary: 'what devices of a team may send and receive on',
    load: async () => (await import('./commands/labels.ts')).labelsLeaves,
  },
  {
    name: 'names',
    summary: 'the network names of devices in a team',
    load: async () => (await import('./commands/names.ts')).namesLeaves,
  },
  {
    name: 'invites',
    summary: 'invites to a team: codes by which devices join',
    load: async () => (await import('./commands/invites.ts')).invitesLeaves,
  },
  {
    name: 'join',
    summary: 'join a team by an invite code',
    load: async () => (await import('./commands/invites.ts')).joinLeaves,
  },
  {
    name: 'sync',
    aliases: ['syncs'],
    summary: 'whom a team is synced with',
    load: async () => (await import('./commands/sync.ts')).syncLeaves,
  },
  {
    name: 'claims',
    summary: 'signed claims: whose tokens count where a team governs',
    groups: { token: 'tokens: revoke them' },
    load: async () => (await import('./commands/claims.ts')).claimsLeaves,
  },
  {
    name: 'ids',
    summary: 'one identity in every text form',
    load: async () => (await import('./commands/ids.ts')).idsLeaves,
  },
  {
    name: 'whoami',
    summary: 'which key the node sees, and what it may do',
    load: async () => (await import('./commands/whoami.ts')).whoamiLeaves,
  },
  {
    name: 'watch',
    summary: 'what happens on the node, as it happens',
    load: async () => (await import('./commands/watch.ts')).watchLeaves,
  },
  {
    name: 'version',
    summary: 'which ax this is',
    load: async () => (await import('./commands/version.ts')).versionLeaves,
  },
]
