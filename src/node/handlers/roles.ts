import { idText } from '../../codec/index.ts'
import type { Handlers, NodeParts } from '../parts.ts'
import { commandOf } from '../team-command.ts'

/** `ax roles …`. */
export function rolesHandlers(parts: NodeParts): Handlers<'roles.assign' | 'roles.revoke' | 'roles.ls'> {
  const { teams } = parts
  const change = async (
    kind: 'AssignRole' | 'RevokeRole',
    request: { team?: string | undefined; device: string; role: string; force: boolean },
  ) => {
    const { device } = teams.resolveDevice(request.team, request.device)
    const intent = { kind, device, role: request.role }
    const { cut: _, ...command } = commandOf(await teams.author(request.team, intent, { force: request.force }))
    return { ...command, device: idText('dev', device), role: request.role }
  }
  return {
    'roles.assign': (request) => change('AssignRole', request),
    'roles.revoke': (request) => change('RevokeRole', request),
    'roles.ls': ({ team }) => ({
      team: teams.view(team).id,
      roles: teams.roles(team).map((role) => ({ ...role, permissions: [...role.permissions] })),
    }),
  }
}
