import { idText } from '../../codec/index.ts'
import type { Intent } from '../../team/index.ts'
import type { Handlers, NodeParts } from '../parts.ts'
import { commandOf } from '../team-command.ts'

type RolesOperation =
  | 'roles.assign'
  | 'roles.revoke'
  | 'roles.create'
  | 'roles.delete'
  | 'roles.add-permission'
  | 'roles.remove-permission'
  | 'roles.ls'

/** What every request that writes holds. */
interface Asked {
  readonly team?: string | undefined
  readonly force: boolean
}

/** `ax roles …`. */
export function rolesHandlers(parts: NodeParts): Handlers<RolesOperation> {
  const { teams } = parts
  const write = async ({ team, force }: Asked, intent: Intent) => {
    const { cut: _, ...command } = commandOf(await teams.author(team, intent, { force }))
    return command
  }
  const change = async (
    kind: 'AssignRole' | 'RevokeRole',
    request: Asked & { readonly device: string; readonly role: string },
  ) => {
    const { device } = teams.resolveDevice(request.team, request.device)
    const command = await write(request, { kind, device, role: request.role })
    return { ...command, device: idText('dev', device), role: request.role }
  }
  const permit = async (
    kind: 'AddPermission' | 'RemovePermission',
    request: Asked & { readonly role: string; readonly permission: string },
  ) => {
    const { role, permission } = request
    return { ...(await write(request, { kind, role, permission })), role, permission }
  }
  return {
    'roles.assign': (request) => change('AssignRole', request),
    'roles.revoke': (request) => change('RevokeRole', request),
    'roles.create': async (request) => {
      const { role, rank, permissions } = request
      return { ...(await write(request, { kind: 'CreateRole', role, rank, permissions })), role }
    },
    'roles.delete': async (request) => {
      const { role } = request
      return { ...(await write(request, { kind: 'DeleteRole', role })), role }
    },
    'roles.add-permission': (request) => permit('AddPermission', request),
    'roles.remove-permission': (request) => permit('RemovePermission', request),
    'roles.ls': ({ team }) => ({
      team: teams.view(team).id,
      roles: teams.roles(team).map((role) => ({ ...role, permissions: [...role.permissions] })),
    }),
  }
}
