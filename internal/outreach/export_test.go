package outreach

// Fill is for tests of what people may write between braces.
var Fill = fill
