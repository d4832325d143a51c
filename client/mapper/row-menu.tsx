import { Menu } from '@mantine/core';
import { showChord } from '../editor/keys.ts';
import { KeyHint } from '../ui/chip.tsx';
import { MenuDropdown } from '../ui/menu.tsx';
import { useMapper } from './context.ts';
import { focusSide, type MapperAction, mapperActions, performIn, rowHere } from './mapper-actions.ts';
import styles from './row-menu.module.css';

const groups = ['edit', 'more', 'go'] as const;

/** What can be done with the selected row, at a place of the window. */
export function RowMenu({ at, onClose }: { at: { x: number; y: number }; onClose: () => void }) {
  const mapper = useMapper();
  const row = rowHere(mapper);
  const shown = (group: (typeof groups)[number]): MapperAction[] =>
    mapperActions.filter((action) => action.menu === group && action.when(mapper));
  return (
    <Menu
      opened
      onClose={() => {
        onClose();
        focusSide('target');
      }}
      position="bottom-start"
      width={264}
      middlewares={{ flip: true, shift: { crossAxis: true } }}
    >
      <Menu.Target>
        <span style={{ position: 'fixed', left: at.x, top: at.y, width: 1, height: 1 }} />
      </Menu.Target>
      <MenuDropdown className={styles.menu} aria-label={row === undefined ? 'Actions' : `Actions for ${row.label}`}>
        {groups.map((group, index) => {
          const actions = shown(group);
          if (actions.length === 0) return null;
          return (
            <div key={group} role="none">
              {index > 0 && <Menu.Divider />}
              {actions.map((action) => (
                <Menu.Item
                  key={action.id}
                  rightSection={<KeyHint>{showChord(action.keys[0] ?? '')}</KeyHint>}
                  onClick={() => performIn(mapper, action)}
                >
                  {action.label}
                </Menu.Item>
              ))}
            </div>
          );
        })}
      </MenuDropdown>
    </Menu>
  );
}
