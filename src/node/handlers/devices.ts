import { fail } from '../../base/index.ts'
import { idText, parseId, peerIdText, toBase64 } from '../../codec/index.ts'
import { deviceId, formatKeyBundle, readAnyBundle, type KeyBundle } from '../../team/index.ts'
import type { Handlers, NodeParts } from '../parts.ts'
import { memberRow } from '../member-row.ts'
import { commandOf } from '../team-command.ts'

type DevicesOperation =
  'devices.id' | 'devices.keybundle' | 'devices.add' | 'devices.remove' | 'devices.ls' | 'devices.show'

/** `ax devices …`. */
export function devicesHandlers(parts: NodeParts): Handlers<DevicesOperation> {
  const { teams } = parts
  return {
    'devices.id': () => ({ device: teams.device.id, peer: teams.device.peer }),
    'devices.keybundle': ({ format }) => {
      const bundle = formatKeyBundle(format, teams.device.bundle)
      return {
        device: teams.device.id,
        peer: teams.device.peer,
        format,
        bundle: typeof bundle === 'string' ? bundle : toBase64(bundle),
      }
    },
    'devices.add': async ({ team, bundle: text, name, role, epochs, force }) => {
      const bundle = readBundle(parts, text)
      const { cut: _, ...command } = commandOf(
        await teams.author(team, { kind: 'AddDevice', bundle, name, role }, { force }),
      )
      const device = idText('dev', deviceId(bundle.identity))
      if (epochs === 'all')
        await teams.grants.toDevice(parseId('team', command.team), teams.resolveDevice(team, device))
      return { ...command, device, peer: peerIdText(bundle.identity) }
    },
    'devices.remove': async ({ team, device: text, force }) => {
      const { device } = teams.resolveDevice(team, text)
      const { cut, ...command } = commandOf(await teams.author(team, { kind: 'RemoveDevice', device }, { force }))
      return { ...command, device: idText('dev', device), cut: cut.peers.length, ms: cut.ms }
    },
    'devices.ls': ({ team }) => {
      const view = teams.view(team)
      return { team: view.id, devices: view.members.map((member) => memberRow(parts, member)) }
    },
    'devices.show': ({ team, device: text }) => show(parts, team, text),
  }
}

function readBundle(parts: NodeParts, text: string): KeyBundle {
  const bundle = readAnyBundle(text, parts.keys)
  if ('kind' in bundle) throw fail(bundle.code, bundle.data)
  return bundle
}

function show(parts: NodeParts, team: string | undefined, text: string) {
  const { device: id } = parts.teams.resolveDevice(team, text)
  const view = parts.teams.view(team)
  const wanted = view.members.find(({ device }) => device === idText('dev', id))
  if (wanted === undefined) throw fail('ERR_TEAM_UNKNOWN_DEVICE', { device: text })
  return {
    ...memberRow(parts, wanted),
    team: view.id,
    signingKeys: [...wanted.signingKeys],
    encryptionKeys: [...wanted.encryptionKeys],
    permissions: [...wanted.permissions],
    labels: [...wanted.labels],
    networkName: wanted.networkName,
  }
}
