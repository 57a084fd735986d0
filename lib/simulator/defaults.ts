import type { SimulatedApp, SimulatedUser } from './types.js';

/** The app that is registered when `createThreadsSimulator` is given none. */
export const simulatedApp: SimulatedApp = {
  clientID: '1234567890123456',
  clientSecret: 'simulated-app-secret',
  name: 'Postcard Club',
  redirectURIs: [
    'http://localhost:3000/auth/threads/callback',
    'http://127.0.0.1:3000/auth/threads/callback',
    'https://app.example/auth/threads/callback',
  ],
};

/**
 * The people who exist when `createThreadsSimulator` is given none: one verified, one with a name beyond ASCII,
 * one who is no tester. None of their ids can be held by a JavaScript number.
 */
export const simulatedUsers: readonly SimulatedUser[] = [
  {
    id: '17841405793187219',
    username: 'ada.okafor',
    name: 'Ada Okafor',
    biography: 'Bridges, mostly suspension. Sometimes bread.',
    isVerified: true,
  },
  {
    id: '17841472650918533',
    username: 'zoe_nguyen',
    name: 'Zoë Nguyễn 🐱',
    biography: 'Làm vườn, chụp ảnh, đọc sách 📷',
  },
  {
    id: '17841461237740961',
    username: 'mateo.rivas',
    name: 'Mateo Rivas',
    testerOf: [],
  },
];
