import { axKeyText, fromHex, idText, toHex } from '../codec/index.ts'
import type { Op } from './bodies.ts'
import { rotationPending, sealingEpoch } from './kinds/keys.ts'
import type { TeamState } from './state.ts'
import { compareText, rolesOf, type RoleView } from './team-view.ts'

/** A label for people. */
export interface LabelView {
  readonly label: string
  /** `cmd_b…` of its CreateLabel. */
  readonly createdBy: string
  /** Who holds it, sorted by `dev_b…`. */
  readonly devices: readonly { readonly device: string; readonly op: Op }[]
}

/** A network name for people. */
export interface NameView {
  readonly name: string
  /** `dev_b…`. */
  readonly device: string
}

/** An invite that is not revoked, as the state holds it. */
export interface OpenInviteView {
  /** `inv_b…`. */
  readonly invite: string
  readonly role: string
  readonly labels: readonly string[]
  readonly uses: number
  readonly maxUses: number
  /** ms. */
  readonly notAfter: number
  /** `dev_b…`. */
  readonly creator: string
}

/** An epoch for people. */
export interface EpochView {
  /** Hex. */
  readonly epoch: string
  /** `cmd_b…` of its RotateKey. */
  readonly createdBy: string
  /** `dev_b…`, sorted. */
  readonly recipients: readonly string[]
  /** True for the one that data is sealed with now. */
  readonly sealing: boolean
}

/** A governed node for people. */
export interface NodeView {
  readonly peer: string
  readonly addrs: readonly string[]
  /** `dev_b…` of the device it is bound to. */
  readonly device: string | null
}

/** A revoked claim for people. */
export interface RevokedClaimView {
  readonly jti: string | null
  /** As `0…=`. */
  readonly key: string | null
  /** s. */
  readonly notAfter: number | null
}

/** What a state holds beside its members, for people and programs: ids are texts, rows are sorted. */
export interface StateView {
  readonly roles: readonly RoleView[]
  readonly labels: readonly LabelView[]
  readonly names: readonly NameView[]
  readonly invites: readonly OpenInviteView[]
  /** In replay order. */
  readonly epochs: readonly EpochView[]
  readonly nodes: readonly NodeView[]
  /** Peers that the team keeps out. */
  readonly barred: readonly string[]
  /** In replay order, the newest last; fingerprint and epoch as hex. */
  readonly swarmKeys: readonly { readonly fingerprint: string; readonly epoch: string; readonly retired: boolean }[]
  /** Keys of trusted operators, as `0…=`. */
  readonly operators: readonly string[]
  readonly revokedClaims: readonly RevokedClaimView[]
  readonly rotationPending: boolean
}

/** Describes a state. */
export function stateView(state: TeamState): StateView {
  const swarmKeys = state.swarmKeys.map(({ fingerprint, epoch, retired }) => {
    return { fingerprint: toHex(fingerprint), epoch: toHex(epoch), retired }
  })
  return {
    roles: rolesOf(state),
    labels: labelsOf(state),
    names: namesOf(state),
    invites: openInvites(state),
    epochs: epochsOf(state),
    nodes: nodesOf(state),
    barred: [...state.barred.keys()].sort(compareText),
    swarmKeys,
    operators: [...state.operators.values()].map(axKeyText).sort(compareText),
    revokedClaims: revokedOf(state),
    rotationPending: rotationPending(state),
  }
}

/** The labels of a state, by name. */
export function labelsOf(state: TeamState): LabelView[] {
  const members = [...state.members.values()]
  return [...state.labels]
    .map(([label, at]) => {
      const devices = members.flatMap(({ device, labels }) => {
        const held = labels.get(label)
        return held === undefined ? [] : [{ device: idText('dev', device), op: held.op }]
      })
      return { label, createdBy: idText('cmd', at), devices: devices.sort((a, b) => compareText(a.device, b.device)) }
    })
    .sort((a, b) => compareText(a.label, b.label))
}

/** The network names of a state, by name. */
export function namesOf(state: TeamState): NameView[] {
  return [...state.names]
    .map(([name, deviceHex]) => ({ name, device: idText('dev', fromHex(deviceHex)) }))
    .sort((a, b) => compareText(a.name, b.name))
}

function openInvites(state: TeamState): OpenInviteView[] {
  return [...state.invites.values()]
    .map(({ id, role, labels, uses, maxUses, notAfter, creator }) => ({
      invite: idText('inv', id),
      labels: labels.map(([label]) => label),
      creator: idText('dev', fromHex(creator)),
      ...{ role, uses, maxUses, notAfter },
    }))
    .sort((a, b) => compareText(a.invite, b.invite))
}

function epochsOf(state: TeamState): EpochView[] {
  const sealing = sealingEpoch(state)
  return state.epochs.map((epoch) => ({
    epoch: epoch.idHex,
    createdBy: idText('cmd', fromHex(epoch.by)),
    recipients: epoch.recipients.map(([device]) => idText('dev', device)).sort(compareText),
    sealing: epoch === sealing,
  }))
}

function nodesOf(state: TeamState): NodeView[] {
  return [...state.nodes.values()]
    .map(({ peer, addrs, deviceHex }) => {
      return { peer, addrs, device: deviceHex === undefined ? null : idText('dev', fromHex(deviceHex)) }
    })
    .sort((a, b) => compareText(a.peer, b.peer))
}

function revokedOf(state: TeamState): RevokedClaimView[] {
  return [...state.revokedClaims]
    .sort(([a], [b]) => compareText(a, b))
    .map(([, { jti, key, notAfter }]) => ({
      jti: jti ?? null,
      key: key === undefined ? null : axKeyText(key),
      notAfter: notAfter ?? null,
    }))
}
