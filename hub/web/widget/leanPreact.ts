/**
 * Cuts out of Preact what this widget never uses: hydration, suspense, portals, contexts, hooks for
 * its tools, raw HTML and old life cycles (700 bytes packed). Each text must stand in preact.mjs as
 * often as is said, so that another version is refused by the build instead of being cut wrongly.
 */

import type { Plugin } from 'vite'

const OFF = '!1'
const CUTS: [times: number, text: string, instead: string][] = [
  [1, '128&u.__u', OFF],
  [1, 'if(t&&t.then)', `if(${OFF})`],
  [1, 't&&t.then||D(r)', 'D(r)'],
  [1, '(i=t.__c)&&(i=i.__z)', OFF],
  [3, 'n.props.__P', OFF],
  [1, 'u&&!t.props.__P', 'u'],
  [2, 'M.__P&&', `${OFF}&&`],
  [1, 'V.getDerivedStateFromProps&&(d', `${OFF}&&(d`],
  [1, '!V.getDerivedStateFromProps&&d.componentWillReceiveProps', OFF],
  [1, '!V.getDerivedStateFromProps&&d.componentWillMount', OFF],
  [1, 'd.componentWillUpdate&&', `${OFF}&&`],
  [1, 'd.shouldComponentUpdate&&', `${OFF}&&`],
  [1, 'd.getSnapshotBeforeUpdate&&', `${OFF}&&`],
  [1, 'd.getChildContext&&', `${OFF}&&`],
  [1, 'j=(s=V.contextType)&&i[s.__c],L=s?j?j.props.value:s.__:i,', 'L=i,'],
  [1, 'j&&j.sub(d),', ''],
  [2, '"dangerouslySetInnerHTML"==s', OFF],
  [1, 'y&&(t.textContent="")', OFF],
  [1, 'n.vnode&&n.vnode(r)', OFF],
  [1, '!o&&n.vnode&&n.vnode(e)', OFF],
  [1, '(s=n.__b)&&s(r)', OFF],
  [1, '(s=n.diffed)&&s(r)', OFF],
  [1, 'n.unmount&&n.unmount(t),', ''],
  [1, 'n.__c&&n.__c(r,t),', ''],
  [1, 'n.__m&&n.__m(r,o),', ''],
  [1, 'n.__&&n.__(t,r),', ''],
  [1, 'H=n.__r,', 'H=0,'],
  [1, 'n.event?n.event(r):r', 'r'],
]

export const leanPreact: Plugin = {
  name: 'lean-preact',
  transform(code, id) {
    if (!id.endsWith('/preact.mjs')) return undefined
    for (const [times, text, instead] of CUTS) {
      const parts = code.split(text)
      if (parts.length !== times + 1) this.error(`preact is not the one that can be cut: ${text}`)
      code = parts.join(instead)
    }
    return { code, map: null }
  },
}
