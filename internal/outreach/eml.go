package outreach

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"regulars/internal/fault"
)

// File is one mail of the folder as a list shows it.
type File struct {
	Name    string // its name in the folder
	Subject string
	From    string
	To      string
	Date    time.Time
}

// Letter is one mail of the folder with its two bodies.
type Letter struct {
	File
	Header     mail.Header
	Text, HTML string
}

var fileShape = regexp.MustCompile(`^[0-9]{8}T[0-9]{6}\.[0-9]{3}Z-[A-Za-z0-9]{1,64}\.eml$`)

const mostOfFile = 2 << 20

// ListFiles lists a page (from 1) of the mails in a folder, newest first, and
// says how many there are. A folder that does not exist holds none.
func ListFiles(dir string, page, perPage int) ([]File, int, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, 0, fmt.Errorf("list mails: %w", err)
	}
	var names []string
	for _, e := range entries {
		if fileShape.MatchString(e.Name()) {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	slices.Reverse(names) // a name begins with its time
	if perPage <= 0 {
		perPage = 50
	}
	from := min(max(0, page-1)*perPage, len(names))
	var files []File
	for _, name := range names[from:min(from+perPage, len(names))] {
		letter, err := ReadFile(dir, name)
		if errors.Is(err, fault.NotFound) {
			continue // taken away since
		}
		if err != nil {
			letter = &Letter{File: File{Name: name}}
		}
		files = append(files, letter.File)
	}
	return files, len(names), nil
}

// ReadFile reads one mail of the folder. A name that the shop would not give
// to a mail is NotFound, whatever lies there.
func ReadFile(dir, name string) (*Letter, error) {
	if !fileShape.MatchString(name) {
		return nil, fault.New(fault.NotFound, "outreach.file.unknown")
	}
	f, err := os.Open(filepath.Join(dir, name))
	if errors.Is(err, os.ErrNotExist) {
		return nil, fault.New(fault.NotFound, "outreach.file.unknown")
	}
	if err != nil {
		return nil, fmt.Errorf("read mail %s: %w", name, err)
	}
	defer f.Close()
	letter, err := readLetter(io.LimitReader(f, mostOfFile))
	if err != nil {
		return nil, fmt.Errorf("read mail %s: %w", name, err)
	}
	letter.Name = name
	return letter, nil
}

func readLetter(r io.Reader) (*Letter, error) {
	msg, err := mail.ReadMessage(r)
	if err != nil {
		return nil, err
	}
	words := new(mime.WordDecoder)
	decoded := func(name string) string {
		s := msg.Header.Get(name)
		if d, err := words.DecodeHeader(s); err == nil {
			return d
		}
		return s
	}
	letter := &Letter{Header: msg.Header, File: File{Subject: decoded("Subject"), From: decoded("From"), To: decoded("To")}}
	if date, err := msg.Header.Date(); err == nil {
		letter.Date = date.UTC()
	}
	return letter, letter.take(msg.Header.Get("Content-Type"), msg.Header.Get("Content-Transfer-Encoding"), msg.Body, 0)
}

// take reads one part, or the parts within it.
func (l *Letter) take(contentType, encoding string, body io.Reader, depth int) error {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		kind = "text/plain"
	}
	if strings.HasPrefix(kind, "multipart/") && depth < 4 {
		parts := multipart.NewReader(body, params["boundary"])
		for {
			part, err := parts.NextRawPart()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			if err := l.take(part.Header.Get("Content-Type"), part.Header.Get("Content-Transfer-Encoding"), part, depth+1); err != nil {
				return err
			}
		}
	}
	switch strings.ToLower(encoding) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	b, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	text := strings.ReplaceAll(string(b), "\r\n", "\n")
	switch kind {
	case "text/plain":
		l.Text += text
	case "text/html":
		l.HTML += text
	}
	return nil
}
