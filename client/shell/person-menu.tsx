import { type MantineColorScheme, Menu, useMantineColorScheme } from '@mantine/core';
import { BookOpen, Ellipsis, LogOut, Monitor, Moon, Sun } from 'lucide-react';
import { useNavigate } from 'react-router';
import { api } from '../api.ts';
import { initials } from '../format.ts';
import { setMe, useMe } from '../session.ts';
import { MenuDropdown } from '../ui/menu.tsx';
import styles from './person-menu.module.css';

const schemes: { value: MantineColorScheme; label: string; icon: typeof Sun }[] = [
  { value: 'auto', label: 'As the system', icon: Monitor },
  { value: 'light', label: 'Light', icon: Sun },
  { value: 'dark', label: 'Dark', icon: Moon },
];

const roleWords = { viewer: 'Viewer', analyst: 'Analyst', developer: 'Developer', admin: 'Admin' };

/** Who is signed in, with the menu for appearance, API documentation and signing out. */
export function PersonMenu() {
  const me = useMe();
  const navigate = useNavigate();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const choose = (value: unknown): void => {
    const scheme = schemes.find((each) => each.value === value);
    if (scheme) setColorScheme(scheme.value);
  };
  const signOut = (): void => {
    const leave = (): void => {
      setMe(null);
      void navigate('/sign-in');
    };
    api.signOut().then(leave, leave);
  };
  return (
    <Menu position="top-start" width={192} offset={6}>
      <Menu.Target>
        <button type="button" className={styles.person} aria-label={`${me.name}, ${roleWords[me.role]}: menu`}>
          <span className={styles.badge} aria-hidden="true">
            {initials(me.name)}
          </span>
          <span className={styles.words}>
            <span className={styles.name}>{me.name}</span>
            <span className={styles.role}>{roleWords[me.role]}</span>
          </span>
          <Ellipsis size={16} className={styles.more} aria-hidden="true" />
        </button>
      </Menu.Target>
      <MenuDropdown>
        <Menu.Label>Appearance</Menu.Label>
        <Menu.RadioGroup value={colorScheme} onChange={choose}>
          {schemes.map(({ value, label, icon: Icon }) => (
            <Menu.RadioItem key={value} value={value} closeMenuOnClick rightSection={<Icon size={16} />}>
              {label}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
        <Menu.Divider />
        <Menu.Item component="a" href="/docs" target="_blank" rel="noreferrer" leftSection={<BookOpen size={16} />}>
          API documentation
        </Menu.Item>
        <Menu.Item leftSection={<LogOut size={16} />} onClick={signOut}>
          Sign out
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>Millrace {me.version}</Menu.Label>
      </MenuDropdown>
    </Menu>
  );
}
