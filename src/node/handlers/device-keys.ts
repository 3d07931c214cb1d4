import { fail } from '../../base/index.ts'
import { fromHex, idText, toHex } from '../../codec/index.ts'
import type { Member } from '../../team/index.ts'
import type { Handlers, NodeParts } from '../parts.ts'
import { commandOf } from '../team-command.ts'

type DeviceKeysOperation = 'devices.add-key' | 'devices.retire-key' | 'teams.rotate-key'

/** `ax devices add-key`, `ax devices retire-key`, `ax teams rotate-key`. */
export function deviceKeysHandlers(parts: NodeParts): Handlers<DeviceKeysOperation> {
  const { teams } = parts
  return {
    'devices.add-key': async () => {
      const changes = await teams.deviceKeys.addKey()
      const { sequence, signing, encryption } = teams.device.bundle
      return {
        device: teams.device.id,
        sequence,
        signingKey: newest(signing),
        encryptionKey: newest(encryption),
        teams: changes,
      }
    },
    'devices.retire-key': async ({ team, device, key: text, compromised, force }) => {
      const reason = compromised ? 'compromised' : 'rotated'
      const target = device === undefined ? undefined : teams.resolveDevice(team, device)
      const targetId = target === undefined ? teams.device.id : idText('dev', target.device)
      if (target === undefined || targetId === teams.device.id) {
        const key = findKey(teams.deviceKeys.publicKeys(), text)
        const changes = await teams.deviceKeys.retireKey(key, reason)
        if ('kind' in changes) throw fail(changes.code, changes.data)
        return { device: targetId, key: toHex(key), reason, teams: changes }
      }
      const key = findKey(keysOf(target), text)
      const intent = { kind: 'RetireKey', device: target.device, key, reason } as const
      const { team: id, command } = commandOf(await teams.author(team, intent, { force }))
      return { device: targetId, key: toHex(key), reason, teams: [{ team: id, command, code: null }] }
    },
    'teams.rotate-key': async ({ team, force }) => {
      const { team: id, command } = commandOf(await teams.rotateKey(team, { force }))
      const made = teams.replica(id).state.epochs.find(({ by }) => idText('cmd', fromHex(by)) === command)
      return { team: id, command, epoch: made?.idHex ?? '', recipients: made?.recipients.length ?? 0 }
    },
  }
}

function newest(keys: readonly Uint8Array[]): string {
  return toHex(keys.at(-1) ?? new Uint8Array())
}

function keysOf(member: Member): Uint8Array[] {
  return [...member.signing, ...member.encryption]
}

/** The one key whose hex begins so. ERR_TEAM_UNKNOWN_KEY, ERR_TEAM_AMBIGUOUS. */
function findKey(keys: readonly Uint8Array[], text: string): Uint8Array {
  const fitting = keys.filter((key) => toHex(key).startsWith(text.toLowerCase()))
  const [first] = fitting
  if (first === undefined) throw fail('ERR_TEAM_UNKNOWN_KEY', { what: 'the device has no such key' })
  if (fitting.length > 1) throw fail('ERR_TEAM_AMBIGUOUS', { text, what: 'key' })
  return first
}
