'use strict'
// Plain old syntax on purpose: this file must still be understood by the Node.js that it turns away.
var path = require('path')
var fs = require('fs')

/** Ends the process with one line when this Node.js is older than the floor. */
function checkNode(name) {
  var found = process.versions.node.split('.').map(Number)
  if (found[0] > 20 || (found[0] === 20 && found[1] >= 19)) return
  console.error(name + ' needs Node.js 20.19 or later; this is ' + process.versions.node + '.')
  process.exit(9)
}

/**
 * A cache of compiled code makes later starts faster, where Node.js has one. It lies with the user's own caches: the
 * default is the common temporary directory, where others could have put theirs first.
 */
function cacheCode() {
  var nodeModule = require('module')
  var home = process.env.XDG_CACHE_HOME || (process.env.HOME && path.join(process.env.HOME, '.cache'))
  if (nodeModule.enableCompileCache && home) nodeModule.enableCompileCache(path.join(home, 'hyrax', 'code'))
}

/** Runs a bundle of dist/bin, or says what is missing. */
function run(name) {
  checkNode(name)
  var bundle = path.join(__dirname, '..', 'dist', 'bin', name + '.js')
  if (!fs.existsSync(bundle)) {
    console.error(name + ' is not built yet. Build it with: npm run build')
    process.exit(9)
  }
  cacheCode()
  import(require('url').pathToFileURL(bundle).href)
}

module.exports = { checkNode: checkNode, run: run }
