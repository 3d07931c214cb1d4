import { globalOptions } from './global-options.ts'

/** Pages of `ax help` that belong to no command. */
export const topics: Readonly<Record<string, () => string>> = {
  options: () =>
    `Options of every command:\n\n${globalOptions.map((one) => `  ${one.flags.padEnd(28)}${one.summary}`).join('\n')}`,
  environment: () => `
Environment:

  AX_NODE             which node, as --node
  AX_IDENTITY         which key pair, as --identity
  AX_CONFIG_DIR       keys and known nodes; else $XDG_CONFIG_HOME/hyrax, else ~/.config/hyrax
  AX_DATA_DIR         data directory of a node on this machine; its socket is tried first
  AX_PASSPHRASE_FILE  where the passphrase of a locked key stands
  AX_OUTPUT           as --output
  AX_NO_INPUT         not empty: ask nothing, refuse instead
  NO_COLOR            not empty: no colours
  FORCE_COLOR         not empty: colours also where there is no terminal

Secrets are never read from variables or arguments, only from files and terminals.`,
  'exit-codes': () => `
Exit statuses:

  0    done
  1    failure without a class of its own
  2    usage, invalid input
  3    not found
  4    not authenticated, not authorized
  5    the node's identity is unknown, changed, revoked, or not the pinned one
  6    unreachable, timed out
  7    exists already, in use, conflict
  8    settings invalid
  9    node misconfigured
  10   refused by the team's law
  11   integrity: bad signature, cannot decrypt, tampered
  12   needs a terminal or an option
  130  interrupted`,
  addresses: () => `
Nodes are named by:

  /ip4/…/tcp/4458, /ip6/…, /dns/…, /dns4/…, /dns6/…   the admin door; /p2p/<PeerId> at the end pins the identity
  /unix/<percent-encoded path>                        the node's socket
  host, host:port, [v6]:port                          the same; port 4458 unless given
  --local HOST                                        the HTTP API of HOST on port 4457

Which node counts: the last argument NODE, else --node, else AX_NODE, else the local socket if there is one, else
/ip4/127.0.0.1/tcp/4458.`,
  scopes: () => `
Scopes name a place in the settings: \`.\` is all, \`admin\` a whole object, \`admin/authorizedKeys\` one value; a leading
slash is allowed. The older names under com.actyx.os, such as com.actyx.os/general/authorizedKeys, mean the same places.
All of them: ax settings scopes`,
  quoting: () => `
Values are YAML. Shells change some of them before ax sees them; quote with '…':

  [a,b]        may be taken for a pattern of file names, and zsh stops at it
  ["0abc="]    loses its inner quotes; YAML still reads a list of one text
  007, 1e3     are numbers in YAML; where text is wanted the characters count as typed
  ~            at the beginning becomes your home directory
  @FILE, @-    read the value from a file or standard input; a text that begins with @: '"@x"'`,
  security: () => `
A node shows its identity before anything is sent to it. ax asks once whether it is the right one, remembers it in
known_nodes, and refuses a changed identity whatever the options; ax hosts verify records a new one after a comparison.
--accept-new accepts what is unknown, never what changed; -y does neither.

Private keys stay in their files (mode 0600, locked with a passphrase unless --unlocked) and are never printed. A public
key is 0 and 44 characters; give that one to others: ax swarms listKeys`,
}
