import { render } from 'preact';
import { App } from './app.tsx';
import { finishLogin, readLogin } from './sign-in-flow.ts';

const login = readLogin();
if (login && location.search.includes('code=')) await finishLogin(login).catch(() => undefined);
const root = document.getElementById('app');
if (root) render(<App login={login} />, root);
