import { BellOff, BellRing, Pencil, Trash2 } from 'lucide-react';
import { type AlertChannel, type AlertRule, alertTitles, defaultRules } from '#shared/alert.ts';
import { api } from '../api.ts';
import { useNow } from '../clock.ts';
import { duration } from '../format.ts';
import type { Loaded } from '../load.ts';
import { ListPanel } from '../pages/list-panel.tsx';
import { useMay } from '../session.ts';
import { IconButton } from '../ui/button.tsx';
import { StatusBadge } from '../ui/status.tsx';
import table from '../ui/table.module.css';
import { tellFailure } from '../ui/tell.ts';
import styles from './alerts.module.css';
import { conditionWords, toldWords } from './words.ts';

const muteMinutes = 60;

/** The rules: what each looks for, where, whom it tells. */
export function RuleList({
  rules,
  channels,
  flowName,
  onEdit,
}: {
  rules: Loaded<AlertRule[]>;
  channels: readonly AlertChannel[];
  flowName: (id: string) => string;
  onEdit: (rule: AlertRule) => void;
}) {
  const mayChange = useMay('admin');
  const mayMute = useMay('analyst');
  const now = useNow();
  const then = (work: Promise<unknown>, what: string): void => {
    work.then(rules.reload, (error: unknown) => tellFailure(what, error));
  };
  return (
    <ListPanel what="rules" loaded={rules} empty={null}>
      {(items) => (
        <table className={table.table}>
          <thead>
            <tr>
              <th scope="col" className={styles.rule}>
                Rule
              </th>
              <th scope="col" className={styles.what}>
                Opens an incident when
              </th>
              <th scope="col" className={styles.where}>
                Tells
              </th>
              <th scope="col" className={styles.state}>
                State
              </th>
              <th scope="col" className={styles.ends}>
                <span className="visually-hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {items.map((rule) => {
              const muted = rule.mutedUntil !== undefined && rule.mutedUntil > now ? rule.mutedUntil : undefined;
              return (
                <tr key={rule.id}>
                  <td>
                    <div className={table.strong}>{rule.name}</div>
                    <div className={table.second}>
                      {alertTitles[rule.condition.kind]}, {rule.flow === undefined ? 'all flows' : flowName(rule.flow)}
                    </div>
                  </td>
                  <td className={styles.wrap}>{conditionWords(rule.condition)}</td>
                  <td className={table.cut}>{toldWords(rule, channels)}</td>
                  <td>
                    {!rule.enabled ? (
                      <StatusBadge level="off">Off</StatusBadge>
                    ) : muted !== undefined ? (
                      <StatusBadge level="warning">Muted, {duration(muted - now)}</StatusBadge>
                    ) : (
                      <StatusBadge level="ok">On</StatusBadge>
                    )}
                  </td>
                  <td className={styles.ends}>
                    {mayMute && rule.enabled && (
                      <IconButton
                        size="small"
                        label={muted === undefined ? `Mute ${rule.name} for one hour` : `Tell again of ${rule.name}`}
                        title={muted === undefined ? 'Mute for one hour' : 'Tell again'}
                        onClick={() => then(api.muteRule(rule.id, muted === undefined ? muteMinutes : 0), 'The rule was not muted')}
                      >
                        {muted === undefined ? <BellOff size={16} /> : <BellRing size={16} />}
                      </IconButton>
                    )}
                    {mayChange && (
                      <IconButton size="small" label={`Change ${rule.name}`} title="Change" onClick={() => onEdit(rule)}>
                        <Pencil size={16} />
                      </IconButton>
                    )}
                    {mayChange && !defaultRules.some(({ id }) => id === rule.id) && (
                      <IconButton
                        size="small"
                        label={`Delete ${rule.name}`}
                        title="Delete"
                        onClick={() => then(api.deleteRule(rule.id), 'The rule was not deleted')}
                      >
                        <Trash2 size={16} />
                      </IconButton>
                    )}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
    </ListPanel>
  );
}
