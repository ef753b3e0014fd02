import { render } from 'preact';
import { App } from './app.tsx';
import { finishLogin, isBackFromIssuer, readLogin } from './sign-in-flow.ts';

const login = readLogin();
const problem = login && isBackFromIssuer() ? await finishLogin(login) : undefined;
const root = document.getElementById('app');
if (root) render(<App login={login} signInProblem={problem} />, root);
