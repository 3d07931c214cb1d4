import { axKeyText, idText, peerIdText, toHex } from '../codec/index.ts'
import type { Act, Bodies } from './bodies.ts'
import type { Kind } from './policy.ts'

/** How a device is called. */
type Who = (device: Uint8Array) => string

const summaries: { readonly [K in Kind]: (body: Bodies[K], who: Who) => string } = {
  CreateTeam: ({ name, commonName }) => `created ${name}, owned by ${commonName}`,
  CloseTeam: ({ reason }) => (reason === undefined ? 'closed' : `closed: ${reason}`),
  AddDevice: ({ commonName, bundle, role }) => `added ${commonName} (${peerIdText(bundle.identity)}) as ${role}`,
  RemoveDevice: ({ device }, who) => `removed ${who(device)}`,
  ConfirmLeave: ({ device }, who) => `confirmed that ${who(device)} left`,
  AssignRole: ({ device, from, role }, who) => `${who(device)}: ${from} to ${role}`,
  RevokeRole: ({ device, role }, who) => `${who(device)}: ${role} to sync-role`,
  CreateRole: ({ role, rank, permissions }) =>
    `made the role ${role} of rank ${rank}: ${permissions.join(', ') || 'nothing'}`,
  DeleteRole: ({ role }) => `deleted the role ${role}`,
  AddPermission: ({ role, permission }) => `role ${role} may ${permission}`,
  RemovePermission: ({ role, permission }) => `role ${role} may no longer ${permission}`,
  AssignNetworkName: ({ device, name }, who) => `${who(device)} is called ${name}`,
  RevokeNetworkName: ({ device, name }, who) => `${who(device)} is no longer called ${name}`,
  CreateLabel: ({ label }) => `made the label ${label}`,
  DeleteLabel: ({ label }) => `deleted the label ${label}`,
  AssignLabel: ({ device, label, op }, who) => `${who(device)} may ${op} on ${label}`,
  RevokeLabel: ({ device, label }, who) => `${who(device)} has no longer the label ${label}`,
  CreateInvite: ({ role, maxUses }) => `invited ${maxUses === 1 ? 'one device' : `${maxUses} devices`} as ${role}`,
  RevokeInvite: ({ invite }) => `revoked ${idText('inv', invite)}`,
  AdmitDevice: ({ commonName, claim, invite }) =>
    `admitted ${commonName} (${peerIdText(claim.bundle.identity)}) by ${idText('inv', invite)}`,
  RotateKey: ({ epoch }) => `rotated the epoch key to ${shortHex(epoch)}`,
  AddDeviceKey: ({ bundle }) => `added keys of its own, bundle ${bundle.sequence}`,
  RetireKey: ({ device, key, reason }, who) => `${who(device)}: key ${shortHex(key)} retired as ${reason}`,
  AddNode: ({ peer }) => `node ${peer} is in the swarm`,
  RemoveNode: ({ peer }) => `node ${peer} is out of the swarm`,
  RotateSwarmKey: ({ fingerprint }) => `brought in the swarm key ${toHex(fingerprint)}`,
  RetireSwarmKey: ({ fingerprint }) => `retired the swarm key ${toHex(fingerprint)}`,
  TrustOperator: ({ key }) => `trusts the operator ${axKeyText(key)}`,
  DistrustOperator: ({ key }) => `trusts the operator ${axKeyText(key)} no longer`,
  RevokeClaim: ({ jti, key, notAfter }) => {
    if (key === undefined) return `revoked the token ${jti ?? ''}`
    const until =
      notAfter === undefined ? '' : ` issued until ${new Date(Math.min(notAfter, lastSecond) * 1_000).toISOString()}`
    return `revoked the tokens of ${axKeyText(key)}${until}`
  },
}

/** The last moment that a date can name, in s. */
const lastSecond = 8_640_000_000_000

/** What a command says, in one line for people. Foreign text in it is made safe by who prints it. */
export function summaryOf(act: Act, who: Who): string {
  const say = summaries[act.kind] as (body: Act['body'], who: Who) => string
  return say(act.body, who)
}

function shortHex(bytes: Uint8Array): string {
  return toHex(bytes.subarray(0, 8))
}
