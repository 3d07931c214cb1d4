/**
 * Domain labels (`FORMATS.md` 14, `TEAM.md` 3): every signature, derived key and hash has its own.
 * This is the only place where one is spelled. None is a prefix of another; each is followed by 0x00 where used.
 */
export const labels = {
  command: 'hyrax/cmd/v1',
  commandId: 'hyrax/cmd-id/v1',
  deviceId: 'hyrax/device-id/v1',
  keyBundle: 'hyrax/key-bundle/v1',
  deviceSeed: 'hyrax/device-seed/v1',
  peerBinding: 'hyrax/peer-binding/v1',
  inviteKey: 'hyrax/invite-key/v1',
  inviteClaim: 'hyrax/invite-claim/v1',
  inviteJoin: 'hyrax/invite-join/v1',
  epochId: 'hyrax/epoch-id/v1',
  epochBox: 'hyrax/epoch-box/v1',
  swarmKeyBox: 'hyrax/swarm-key-box/v1',
  state: 'hyrax/state/v1',
  forkView: 'hyrax/fork-view/v1',
  listDigest: 'hyrax/list-digest/v1',
  swarmKeyFingerprint: 'hyrax/swarm-key-fingerprint/v1',
  swarmKeyPublished: 'hyrax/swarm-key-published/v1',
} as const

export type Label = (typeof labels)[keyof typeof labels]
