import { type AlertChannel, type AlertRule, defaultRules } from '#shared/alert.ts';
import { StoreError } from './store-error.ts';
import type { Database } from './tables.ts';

/** Rules and channels of alerts. A channel names its secrets; none stands here. */
export interface AlertStore {
  /** The default rules are there from the first call on. */
  rules(): Promise<AlertRule[]>;
  /** Makes it or replaces it. */
  putRule(rule: AlertRule): Promise<void>;
  /** Rejects with `unknown`, and for a default rule with `refused`: it can only be switched off. */
  removeRule(id: string): Promise<AlertRule>;
  channels(): Promise<AlertChannel[]>;
  putChannel(channel: AlertChannel): Promise<void>;
  /** Rejects with `unknown`. */
  removeChannel(id: string): Promise<AlertChannel>;
}

/** Opens rules and channels. */
export function openAlerts(db: Database): AlertStore {
  return {
    async rules() {
      const rows = await db.selectFrom('alert_rules').selectAll().execute();
      const stored = rows.map(({ data }) => JSON.parse(data) as AlertRule);
      const changed = new Map(stored.map((rule) => [rule.id, rule]));
      const own = stored.filter(({ id }) => !defaultRules.some((rule) => rule.id === id));
      return [...defaultRules.map((rule) => changed.get(rule.id) ?? rule), ...own.sort((a, b) => a.name.localeCompare(b.name))];
    },
    async putRule(rule) {
      const data = JSON.stringify(rule);
      await db
        .insertInto('alert_rules')
        .values({ id: rule.id, data })
        .onConflict((conflict) => conflict.column('id').doUpdateSet({ data }))
        .execute();
    },
    async removeRule(id) {
      if (defaultRules.some((rule) => rule.id === id))
        throw new StoreError('exists', 'A rule that Millrace brings cannot be removed. Switch it off instead.');
      const row = await db.deleteFrom('alert_rules').where('id', '=', id).returning('data').executeTakeFirst();
      if (!row) throw new StoreError('unknown', `There is no alert rule "${id}".`);
      return JSON.parse(row.data) as AlertRule;
    },
    async channels() {
      const rows = await db.selectFrom('alert_channels').selectAll().execute();
      return rows.map(({ data }) => JSON.parse(data) as AlertChannel).sort((a, b) => a.name.localeCompare(b.name));
    },
    async putChannel(channel) {
      const data = JSON.stringify(channel);
      await db
        .insertInto('alert_channels')
        .values({ id: channel.id, data })
        .onConflict((conflict) => conflict.column('id').doUpdateSet({ data }))
        .execute();
    },
    async removeChannel(id) {
      const row = await db.deleteFrom('alert_channels').where('id', '=', id).returning('data').executeTakeFirst();
      if (!row) throw new StoreError('unknown', `There is no alert channel "${id}".`);
      return JSON.parse(row.data) as AlertChannel;
    },
  };
}
