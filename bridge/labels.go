package bridge

import "octobridge/idosell"

// words is one text in the languages that agents are answered in.
type words struct{ pl, en, es, de, fr, it, pt string }

// in returns the text in a language, in English where there is none.
func (w *words) in(base string) string {
	switch base {
	case "pl":
		return w.pl
	case "es":
		return w.es
	case "de":
		return w.de
	case "fr":
		return w.fr
	case "it":
		return w.it
	case "pt":
		return w.pt
	default:
		return w.en
	}
}

var categoryLabel = words{"Kategoria", "Category", "Categoría", "Kategorie", "Catégorie", "Categoria", "Categoria"}

// statusLabels says what the wholesaler's statuses mean, in words for the
// shop's customers.
var statusLabels = map[idosell.OrderStatus]words{
	idosell.StatusNew:             {"Nowe", "New", "Nuevo", "Neu", "Nouvelle", "Nuovo", "Novo"},
	idosell.StatusPaymentWaiting:  {"Oczekuje na płatność", "Awaiting payment", "Pendiente de pago", "Warten auf Zahlung", "En attente de paiement", "In attesa di pagamento", "A aguardar pagamento"},
	idosell.StatusDeliveryWaiting: {"Oczekuje na dostawę towaru", "Awaiting stock", "A la espera de existencias", "Warten auf Wareneingang", "En attente de réapprovisionnement", "In attesa della merce", "A aguardar mercadoria"},
	idosell.StatusOnOrder:         {"W realizacji", "In progress", "En curso", "In Bearbeitung", "En cours de traitement", "In lavorazione", "Em processamento"},
	idosell.StatusPacked:          {"Pakowane", "Being packed", "En preparación", "Wird verpackt", "En cours d'emballage", "In fase di imballaggio", "Em embalagem"},
	idosell.StatusPackedFulfilled: {"Pakowane w centrum logistycznym", "Being packed at the fulfilment centre", "En preparación en el centro logístico", "Wird im Logistikzentrum verpackt", "En cours d'emballage au centre logistique", "In fase di imballaggio nel centro logistico", "Em embalagem no centro logístico"},
	idosell.StatusPackedReady:     {"Spakowane", "Packed", "Preparado", "Verpackt", "Emballée", "Imballato", "Embalado"},
	idosell.StatusReady:           {"Gotowe do wysyłki", "Ready to ship", "Listo para enviar", "Versandbereit", "Prête à être expédiée", "Pronto per la spedizione", "Pronto para envio"},
	idosell.StatusWaitForDispatch: {"Oczekuje na wysyłkę", "Awaiting dispatch", "A la espera de envío", "Warten auf Versand", "En attente d'expédition", "In attesa di spedizione", "A aguardar expedição"},
	idosell.StatusSuspended:       {"Wstrzymane", "Suspended", "Suspendido", "Angehalten", "Suspendue", "Sospeso", "Suspenso"},
	idosell.StatusJoined:          {"Połączone z innym zamówieniem", "Merged with another order", "Unido a otro pedido", "Mit einer anderen Bestellung zusammengelegt", "Regroupée avec une autre commande", "Unito a un altro ordine", "Junto a outra encomenda"},
	idosell.StatusMissing:         {"Braki w zamówieniu", "Items missing", "Faltan artículos", "Artikel fehlen", "Articles manquants", "Articoli mancanti", "Artigos em falta"},
	idosell.StatusLost:            {"Utracone", "Lost", "Perdido", "Verloren", "Perdue", "Perso", "Perdido"},
	idosell.StatusFalse:           {"Fałszywe", "Not genuine", "No auténtico", "Nicht echt", "Non authentique", "Non autentico", "Não autêntico"},
	idosell.StatusCanceled:        {"Anulowane", "Cancelled", "Cancelado", "Storniert", "Annulée", "Annullato", "Cancelado"},
	idosell.StatusFinished:        {"Zrealizowane", "Completed", "Completado", "Abgeschlossen", "Terminée", "Completato", "Concluído"},
	idosell.StatusFinishedExt:     {"Obsługiwane w programie zewnętrznym", "Handled in an external system", "Gestionado en un sistema externo", "In einem externen System bearbeitet", "Traitée dans un système externe", "Gestito in un sistema esterno", "Tratado num sistema externo"},
	idosell.StatusReturned:        {"Zwrócone", "Returned", "Devuelto", "Zurückgesandt", "Retournée", "Reso", "Devolvido"},
	idosell.StatusComplainted:     {"Reklamowane", "Complaint made", "Reclamado", "Reklamiert", "Réclamation en cours", "In reclamo", "Em reclamação"},

	// Seen sometimes.
	"complained":         {"Reklamowane", "Complaint made", "Reclamado", "Reklamiert", "Réclamation en cours", "In reclamo", "Em reclamação"},
	"wait_for_packaging": {"Oczekuje na spakowanie", "Awaiting packing", "A la espera de preparación", "Warten auf Verpackung", "En attente d'emballage", "In attesa di imballaggio", "A aguardar embalagem"},
	"wait_for_receive":   {"Oczekuje na odbiór", "Awaiting collection", "A la espera de recogida", "Warten auf Abholung", "En attente de retrait", "In attesa di ritiro", "A aguardar levantamento"},
	"all_canceled":       {"Anulowane w całości", "Cancelled entirely", "Cancelado por completo", "Vollständig storniert", "Entièrement annulée", "Annullato per intero", "Totalmente cancelado"},
	"handled":            {"Obsłużone", "Handled", "Gestionado", "Bearbeitet", "Traitée", "Gestito", "Tratado"},
	"blocked":            {"Zablokowane", "Blocked", "Bloqueado", "Gesperrt", "Bloquée", "Bloccato", "Bloqueado"},
}

// What is said of an order that is known here and that the wholesaler says
// nothing of yet. One that may have been placed is in progress: it is being found
// out, and no customer can help.
var (
	stageAccepted   = words{"Przyjęte", "Accepted", "Aceptado", "Angenommen", "Acceptée", "Accettato", "Aceite"}
	stageInProgress = words{"W realizacji", "In progress", "En curso", "In Bearbeitung", "En cours de traitement", "In lavorazione", "Em processamento"}
	stageDispatched = words{"Wysłane", "Dispatched", "Enviado", "Versandt", "Expédiée", "Spedito", "Enviado"}
	stageDelivered  = words{"Dostarczone", "Delivered", "Entregado", "Zugestellt", "Livrée", "Consegnato", "Entregue"}
	stageCancelled  = words{"Anulowane", "Cancelled", "Cancelado", "Storniert", "Annulée", "Annullato", "Cancelado"}
	stageNotPlaced  = words{
		"Niezrealizowane: sklep skontaktuje się w tej sprawie", "Not placed: the shop will be in touch", "No realizado: la tienda se pondrá en contacto",
		"Nicht ausgeführt: der Shop meldet sich", "Non passée : la boutique vous contactera", "Non eseguito: il negozio si metterà in contatto",
		"Não realizado: a loja entrará em contacto",
	}
)

// statusLabel names a status in a language; an unknown status is shown as it
// came.
func statusLabel(status idosell.OrderStatus, base string) string {
	if label, ok := statusLabels[status]; ok {
		return label.in(base)
	}
	return plainText(string(status))
}
