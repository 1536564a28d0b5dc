// Package value says what customers are worth, and keeps what they are
// promised for it: how they buy and will buy (BG/NBD, MBG/NBD, Gamma-Gamma),
// their recency, frequency and spending in steps, A/B/C by what they
// contribute, and the loyalty tier with the reason for it. Everything is
// decided by pure functions from orders, refunds and grants; what is stored is
// a copy of that, made by one function, or the word of a person.
package value
