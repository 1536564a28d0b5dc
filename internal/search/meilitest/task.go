package meilitest

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// task is what the server has taken on and does later, in order.
type task struct {
	UID        int      `json:"uid"`
	IndexUID   string   `json:"indexUid"`
	Status     string   `json:"status"` // enqueued processing succeeded failed
	Type       string   `json:"type"`
	Error      *failure `json:"error"`
	EnqueuedAt string   `json:"enqueuedAt"`
	do         func() *failure
}

var wordedUID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,512}$`)

func (s *Server) enqueue(uid, kind string, do func() *failure) (int, any, *failure) {
	if kind != "indexSwap" && !wordedUID.MatchString(uid) {
		return 0, nil, refused(400, "invalid_index_uid", "`%s` is not a valid index uid. Index uid can be an integer or a string containing only alphanumeric characters, hyphens (-) and underscores (_), and can not be more than 512 bytes.", uid)
	}
	t := &task{UID: len(s.tasks), IndexUID: uid, Status: "enqueued", Type: kind, EnqueuedAt: s.moment().Format(time.RFC3339Nano), do: do}
	s.tasks = append(s.tasks, t)
	return 202, map[string]any{"taskUid": t.UID, "indexUid": uid, "status": t.Status, "type": kind, "enqueuedAt": t.EnqueuedAt}, nil
}

// showTask says how far a task is. Who asks sees it enqueued, then processing,
// then done; those before it are done first.
func (s *Server) showTask(id string, f Faults) (int, any, *failure) {
	n, err := strconv.Atoi(id)
	if err != nil || n < 0 || n >= len(s.tasks) {
		return 0, nil, refused(404, "task_not_found", "Task `%s` not found.", id)
	}
	t := s.tasks[n]
	if f.TasksHang {
		return 200, t, nil
	}
	for _, before := range s.tasks[:n] {
		before.run(f)
	}
	if t.Status == "enqueued" {
		shown := *t
		t.Status = "processing"
		return 200, shown, nil
	}
	t.run(f)
	return 200, t, nil
}

func (t *task) run(f Faults) {
	if t.Status != "enqueued" && t.Status != "processing" {
		return
	}
	if t.Status = "succeeded"; f.TasksFail {
		t.Error = refused(500, "no_space_left_on_device", "No space left on device.")
	} else {
		t.Error = t.do()
	}
	if t.Error != nil {
		t.Status = "failed"
	}
}

type document map[string]any

type index struct {
	uid, primaryKey  string
	created, updated time.Time
	settings         map[string]any
	docs             map[string]document
	order            []string // as they came
}

func (x *index) said() map[string]any {
	return map[string]any{"uid": x.uid, "createdAt": x.created, "updatedAt": x.updated, "primaryKey": x.primaryKey}
}

// make is an index, a new one if need be: documents and settings create it.
func (s *Server) make(uid string) *index {
	if s.indexes[uid] == nil {
		at := s.moment()
		s.indexes[uid] = &index{uid: uid, created: at, updated: at, settings: defaults(), docs: map[string]document{}}
	}
	return s.indexes[uid]
}

func (s *Server) drop(uid string) *failure {
	if s.indexes[uid] == nil {
		return notFound(uid)
	}
	delete(s.indexes, uid)
	return nil
}

func (s *Server) clear(uid string) *failure {
	if x := s.indexes[uid]; x != nil {
		x.docs, x.order = map[string]document{}, nil
		return nil
	}
	return notFound(uid)
}

func (s *Server) createIndex(body []byte) (int, any, *failure) {
	var in struct {
		UID        string  `json:"uid"`
		PrimaryKey *string `json:"primaryKey"`
	}
	if failed := read(body, &in, []string{"uid", "primaryKey"}, ""); failed != nil {
		return 0, nil, failed
	}
	return s.enqueue(in.UID, "indexCreation", func() *failure {
		if s.indexes[in.UID] != nil {
			return refused(409, "index_already_exists", "Index `%s` already exists.", in.UID)
		}
		if x := s.make(in.UID); in.PrimaryKey != nil {
			x.primaryKey = *in.PrimaryKey
		}
		return nil
	})
}

func (s *Server) addDocuments(uid, key string, body []byte) (int, any, *failure) {
	var docs []document
	d := json.NewDecoder(strings.NewReader(string(body)))
	d.UseNumber()
	if err := d.Decode(&docs); err != nil {
		return 0, nil, refused(400, "malformed_payload", "The `json` payload provided is malformed. `Couldn't serialize document value: %s`.", err)
	}
	return s.enqueue(uid, "documentAdditionOrUpdate", func() *failure {
		x := s.make(uid)
		if x.primaryKey == "" {
			x.primaryKey = key
		}
		if x.primaryKey == "" {
			return refused(400, "index_primary_key_no_candidate_found", "The primary key inference failed as the engine did not find any field ending with `id` in its name. Please specify the primary key manually using the `primaryKey` query parameter.")
		}
		for _, d := range docs {
			id := fmt.Sprint(d[x.primaryKey])
			if d[x.primaryKey] == nil {
				return refused(400, "missing_document_id", "Document doesn't have a `%s` attribute: `%v`.", x.primaryKey, d)
			}
			if !wordedUID.MatchString(id) {
				return refused(400, "invalid_document_id", "Document identifier `%q` is invalid. A document identifier can be of type integer or string, only composed of alphanumeric characters (a-z A-Z 0-9), hyphens (-) and underscores (_), and can not be more than 511 bytes.", id)
			}
			if _, known := x.docs[id]; !known {
				x.order = append(x.order, id)
			}
			x.docs[id] = d
		}
		x.updated = s.moment()
		return nil
	})
}

func (s *Server) deleteBatch(uid string, body []byte) (int, any, *failure) {
	var ids []any
	if err := json.Unmarshal(body, &ids); err != nil {
		return 0, nil, refused(400, "malformed_payload", "The json payload provided is malformed. `%s`.", err)
	}
	return s.enqueue(uid, "documentDeletion", func() *failure {
		x := s.indexes[uid]
		if x == nil {
			return notFound(uid)
		}
		for _, id := range ids {
			delete(x.docs, fmt.Sprint(id))
		}
		x.order = slices.DeleteFunc(x.order, func(id string) bool { return x.docs[id] == nil })
		return nil
	})
}

func (s *Server) swap(body []byte) (int, any, *failure) {
	var swaps []struct {
		Indexes []string `json:"indexes"`
		Rename  bool     `json:"rename"`
	}
	if err := json.Unmarshal(body, &swaps); err != nil {
		return 0, nil, refused(400, "bad_request", "Invalid value type: %s", err)
	}
	for _, p := range swaps {
		if len(p.Indexes) != 2 {
			return 0, nil, refused(400, "invalid_swap_indexes", "Two indexes must be given for each swap. The list `%q` contains %d indexes.", p.Indexes, len(p.Indexes))
		}
	}
	return s.enqueue("", "indexSwap", func() *failure {
		for _, p := range swaps {
			a, b := s.indexes[p.Indexes[0]], s.indexes[p.Indexes[1]]
			if a == nil || b == nil {
				missing := p.Indexes[0]
				if a != nil {
					missing = p.Indexes[1]
				}
				return notFound(missing)
			}
			a.uid, b.uid = b.uid, a.uid
			s.indexes[a.uid], s.indexes[b.uid] = a, b
		}
		return nil
	})
}

// defaults are the settings of a new index.
func defaults() map[string]any {
	return map[string]any{
		"displayedAttributes": []any{"*"}, "searchableAttributes": []any{"*"}, "filterableAttributes": []any{}, "sortableAttributes": []any{},
		"rankingRules": []any{"words", "typo", "proximity", "attribute", "sort", "exactness"}, "stopWords": []any{}, "nonSeparatorTokens": []any{},
		"separatorTokens": []any{}, "dictionary": []any{}, "synonyms": map[string]any{}, "distinctAttribute": nil, "proximityPrecision": "byWord",
		"typoTolerance": map[string]any{"enabled": true, "minWordSizeForTypos": map[string]any{"oneTypo": 5.0, "twoTypos": 9.0}, "disableOnWords": []any{}, "disableOnAttributes": []any{}, "disableOnNumbers": false},
		"faceting":      map[string]any{"maxValuesPerFacet": 100.0, "sortFacetValuesBy": map[string]any{"*": "alpha"}},
		"pagination":    map[string]any{"maxTotalHits": 1000.0}, "embedders": map[string]any{}, "searchCutoffMs": nil, "localizedAttributes": nil,
		"facetSearch": true, "prefixSearch": "indexingTime", "chat": nil,
	}
}

func (s *Server) patchSettings(uid string, body []byte) (int, any, *failure) {
	var fields []string
	for name := range defaults() {
		fields = append(fields, name)
	}
	slices.Sort(fields)
	var in map[string]any
	if failed := read(body, &in, fields, ""); failed != nil {
		return 0, nil, failed
	}
	for _, rule := range list(in["rankingRules"]) {
		name, way, custom := strings.Cut(rule, ":")
		if !custom && !slices.Contains([]string{"words", "typo", "sort", "proximity", "attribute", "exactness"}, rule) || custom && way != "asc" && way != "desc" || name == "" {
			return 0, nil, refused(400, "invalid_settings_ranking_rules", "Invalid value at `.rankingRules[0]`: `%s` ranking rule is invalid. Valid ranking rules are words, typo, sort, proximity, attribute, exactness and custom ranking rules.", rule)
		}
	}
	for _, l := range anys(in["localizedAttributes"]) {
		for _, locale := range list(l.(map[string]any)["locales"]) {
			if !slices.Contains([]string{"en", "eng", "zh", "zho", "cmn"}, locale) { // of those that are known, the ones we speak
				return 0, nil, refused(400, "invalid_settings_localized_attributes", "Unknown value `%s` at `.localizedAttributes[0].locales[0]`", locale)
			}
		}
	}
	return s.enqueue(uid, "settingsUpdate", func() *failure {
		x := s.make(uid)
		for name, v := range in {
			switch was := x.settings[name].(type) {
			case map[string]any: // parts of an object are set one by one, synonyms as a whole
				if name == "synonyms" || v == nil {
					break
				}
				whole := map[string]any{}
				for k, old := range was {
					whole[k] = old
				}
				for k, given := range v.(map[string]any) {
					whole[k] = given
				}
				v = whole
			}
			if v == nil {
				v = defaults()[name]
			}
			x.settings[name] = v
		}
		return nil
	})
}

func anys(v any) []any {
	a, _ := v.([]any)
	return a
}

func list(v any) (texts []string) {
	for _, one := range anys(v) {
		if s, ok := one.(string); ok {
			texts = append(texts, s)
		}
	}
	return texts
}
